"""How a page asks for the columns of a record that a person types."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class TypedField:
    """One field of a form; `shape` is text, email, area, date, choice or ticks, whose `options` are (value, words): those of the page where it has none."""

    name: str
    label: str
    shape: str = "text"
    hint: str = ""
    required: bool = False
    options: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Group:
    """Fields under one heading."""

    heading: str
    fields: tuple[TypedField, ...]


Options = Mapping[str, Sequence[tuple[str, str]]]


def labels_of(groups: Sequence[Group]) -> dict[str, str]:
    """Return the label of each field in the order of the form."""
    return {field.name: field.label for group in groups for field in group.fields}


def said_by_label(labels: Mapping[str, str], column: str, sentence: str) -> str:
    """Return what a rule of the file says of a column with the labels of the form's fields in the place of the columns' names."""
    label, named = labels.get(column, column.replace("_", " ").capitalize()), f"The {column} "
    if sentence == f"{named}is missing.":
        return f"{label} is missing; fill it in."
    said = f"{label} {sentence.removeprefix(named)}" if sentence.startswith(named) else sentence
    # A column of two words is never a word of the sentence.
    return re.sub(r"\b[a-z]+(?:_[a-z]+)+\b", lambda found: f"“{labels[found[0]]}”" if found[0] in labels else found[0], said)
