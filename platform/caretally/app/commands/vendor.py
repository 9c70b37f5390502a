"""`caretally vendor create`: the first step of a real installation."""

import click

from caretally.app.installation import Installation, cli_actor
from caretally.app.output import json_option, print_json
from caretally.vendors.create import create_vendor


@click.group("vendor")
def vendor_group() -> None:
    """The vendors of this installation."""


@vendor_group.command("create")
@click.argument("name")
@click.option("--slug", help="short name in addresses and commands; made from NAME if absent")
@click.option("--timezone", default="America/New_York", show_default=True, help="time zone of the vendor's own days")
@json_option
def create(name: str, slug: str | None, timezone: str, *, as_json: bool) -> None:
    """Make the vendor NAME."""
    here = Installation()
    made = create_vendor(here.operator_pool, secret=here.secret, name=name, slug=slug, timezone=timezone, actor=cli_actor())
    if as_json:
        print_json({"vendor_id": made.vendor_id, "slug": made.slug, "name": made.name, "timezone": made.timezone})
    else:
        click.echo(f"Made the vendor {made.name}; commands call it {made.slug}.")
