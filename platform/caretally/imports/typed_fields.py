"""How a page asks for the columns of a record that a person types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class TypedField:
    """One field of a form; `shape` is text, area, date, choice or ticks, whose `options` are (value, words): those of the page where it has none."""

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
