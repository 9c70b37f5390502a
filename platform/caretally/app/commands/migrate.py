"""`caretally migrate`: the database's schema and roles, brought to this release."""

import click

from caretally.app.installation import Installation
from caretally.app.output import json_option, print_json, stdout
from caretally.db.migrate import migrate as migrate_database


@click.command()
@json_option
def migrate(as_json: bool) -> None:
    """Bring the database's schema and login roles to this release; running it again changes nothing."""
    here = Installation()
    before, after = migrate_database(here.url, roles=here.roles, secret=here.secret)
    if as_json:
        print_json({"before": before, "after": after})
    elif before == after:
        stdout().print(f"The schema is at {after}; nothing to do.")
    else:
        stdout().print(f"The schema is at {after}, it was {before or 'empty'}.")
