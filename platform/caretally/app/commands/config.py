"""`caretally config`: the settings, where each is set, and what each is for."""

from dataclasses import asdict

import click
from rich.table import Table

from caretally.app.output import json_option, print_json, stdout
from caretally.config.settings import shown_settings


@click.command()
@json_option
def config(as_json: bool) -> None:
    """List the settings; secrets are masked."""
    settings = shown_settings()
    if as_json:
        print_json([asdict(setting) for setting in settings])
        return
    table = Table("setting", "value", "from", "what for", box=None, pad_edge=False)
    for setting in settings:
        table.add_row(setting.variable, setting.value, "environment" if setting.is_set else "default", setting.description)
    stdout().print(table)
