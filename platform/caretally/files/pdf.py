"""Documents as accessible PDF, set by typst from a template and plain data."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Event, Lock

import typst

from caretally.errors import CareTallyError
from caretally.files.typesetting import FONT_FOLDER, face_shows, showable, spelled_out

_PAGE = Path(__file__).parent / "page.typ"
# typst keeps what it set for its next ten documents, a gigabyte for ten long ones. Empty documents age that out in milliseconds.
_AGEING = 11
# The compiler sets one document at a time and refuses a second one.
_one_at_a_time = Lock()
# Its threads do not come along into a fork, where it would wait for them for ever.
_used_before_fork = Event()


class TemplateBroken(CareTallyError):
    """A document template does not compile: our mistake, never the data's."""


def pdf_bytes(template: Path, data: Mapping[str, object]) -> bytes:
    """Return the PDF that `template` makes of `data`; the same data give the same bytes on any day and machine.

    The result is tagged PDF/UA-1. `data` reaches the template as `data`, through JSON and never as markup; text in it is first
    made showable by the shipped fonts. `page.typ` beside this file stands before every template: page, type, tables, marks.
    Raises `TemplateBroken`.
    """
    source = _PAGE.read_bytes() + template.read_bytes()
    try:
        return _set(source, _written(data, showable))
    except TemplateBroken as failure:
        if "could not be displayed" not in failure.message:
            raise
    return _set(source, _written(data, lambda text: spelled_out(showable(text))))


def _written(data: Mapping[str, object], shown: Callable[[str], str]) -> str:
    return json.dumps(_mapped(data, shown), ensure_ascii=False, separators=(",", ":"))


def name(text: str) -> dict[str, object]:
    """Return a name as templates take it: with word whether the semi-bold can show it."""
    return {"text": text, "semibold": all(map(face_shows, text))}


def _set(source: bytes, data: str) -> bytes:
    if _used_before_fork.is_set():
        raise TemplateBroken("The document could not be set: this process was forked from one that had set documents; start it by itself.")
    with _one_at_a_time:
        try:
            document = _compiler().compile(source, format="pdf", sys_inputs={"data": data}, pdf_standards=["ua-1"], timestamp=0)
        except typst.TypstError as failure:
            raise TemplateBroken(f"The document could not be set: {failure.message}.") from failure
        finally:
            _forget()
    if not isinstance(document, bytes):
        raise TemplateBroken("The document could not be set: the template made no page.")
    return document


def _forget() -> None:
    for _ in range(_AGEING):
        _compiler().compile(b"", format="pdf", sys_inputs={})


@cache
def _compiler() -> typst.Compiler:
    """Return the one compiler of this process; it sees the shipped fonts and no others, so no machine changes a line break."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONT_FOLDER)])
    return typst.Compiler(root=FONT_FOLDER, font_paths=fonts, ignore_system_fonts=True)


def _note_fork() -> None:
    if _compiler.cache_info().currsize:
        _used_before_fork.set()


os.register_at_fork(after_in_child=_note_fork)


def _mapped(value: object, shown: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, Mapping):
        return {key: _mapped(item, shown) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_mapped(item, shown) for item in value]
    return value
