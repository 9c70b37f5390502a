"""`caretally decide`: what the rules say about facts given in a file."""

import sys
from typing import Any

import click
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from caretally.app.installation import Installation
from caretally.app.output import json_option, print_json, stdout
from caretally.evaluation.claim_words import claim_text, duration_words
from caretally.evaluation.facts import decide
from caretally.evaluation.load_facts import DECIDE_VENDOR
from caretally.evaluation.read_facts import FactsRefused, parse_facts

STYLES = {"billable": "green", "held": "yellow", "not_billable": "red"}
STDIN = "-"


@click.command("decide")
@click.argument("path", metavar="FACTS.json", type=click.Path(allow_dash=True))
@json_option
def decide_command(path: str, as_json: bool) -> None:
    """Say what the rules make of the facts in FACTS.json (- for stdin), patient by patient; nothing is written."""
    facts = parse_facts(_text_of(path))
    with Installation().transaction(DECIDE_VENDOR) as connection:
        answers = decide(connection, facts)
    if as_json:
        print_json(answers)
        return
    for answer in answers:
        stdout().print(_in_words(answer))


def _text_of(path: str) -> str:
    try:
        with click.open_file(path, encoding="utf-8-sig") if path != STDIN else sys.stdin as source:
            return source.read()
    except OSError as error:
        raise FactsRefused(f"{path} cannot be read ({error.strerror}); check the name.") from None
    except UnicodeDecodeError:
        raise FactsRefused(f"{path} is not text in UTF-8; save it as UTF-8.") from None


def _in_words(answer: dict[str, Any]) -> Group:
    title = Text.assemble((answer["ref"], "bold"), "  ", (answer["outcome"].replace("_", " "), STYLES[answer["outcome"]]))
    figures = Table.grid(padding=(0, 2))
    for name, value in _figures(answer):
        figures.add_row(Text(name), Text(value))
    return Group(title, Padding(Group(Text(answer["explanation"], no_wrap=False, overflow="fold"), figures), (0, 0, 1, 2)))


def _figures(answer: dict[str, Any]) -> list[tuple[str, str]]:
    counted = answer["counted_seconds"]
    parts = [
        ("Claim", _claim(answer["claim"])),
        ("Counted", f"{duration_words(counted['clinical'])} staff, {duration_words(counted['qhp'])} practitioner"),
        ("Not counted", ", ".join(f"{reason} {duration_words(spent)}" for reason, spent in answer["excluded_seconds"].items())),
        ("Exceptions", ", ".join(answer["exceptions"])),
        ("Warnings", ", ".join(answer["warnings"])),
        ("Nearest miss", answer["nearest_miss"] or ""),
        ("Alternatives", " or ".join(map(_claim, answer["alternatives"]))),
        ("Rules", f"{', '.join(answer['rules'])} (rule set {answer['rule_set']})"),
    ]
    return [(name, value) for name, value in parts if value]


def _claim(lines: list[dict[str, Any]]) -> str:
    return claim_text([line["code"] for line in lines], [line["units"] for line in lines])
