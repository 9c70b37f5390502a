"""`caretally migrate`: the database's schema and roles, brought to this release."""

import click

from caretally.app.bring_up_to_date import bring_up_to_date
from caretally.app.installation import Installation
from caretally.app.output import json_option, print_json, stdout


@click.command()
@json_option
def migrate(as_json: bool) -> None:
    """Bring the database's schema and login roles to this release; running it again changes nothing."""
    here = Installation()
    before, after, rule_set = bring_up_to_date(here.url, roles=here.roles, secret=here.secret)
    if as_json:
        print_json({"before": before, "after": after, "rule_set": rule_set})
    elif before == after:
        stdout().print(f"The schema is at {after}, the rules are {rule_set}; nothing to do.")
    else:
        stdout().print(f"The schema is at {after}, it was {before or 'empty'}; the rules are {rule_set}.")
