"""Documents as accessible PDF."""

import io
import json
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pypdf import PdfReader

from caretally.files.pdf import TemplateBroken, name, pdf_bytes
from tests.platform.files.test_typesetting import NAMES

NAUGHTY: list[str] = json.loads((Path(__file__).parents[2] / "data" / "blns.json").read_text(encoding="utf-8"))
HEAD = {"title": "T", "author": "A", "description": "D", "footer": "F"}


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """Give a template that prints each of the given words, plain and as a name."""
    path = tmp_path / "words.typ"
    path.write_text("#title()\n#for word in data.words [#word.text #name-text(word)\n\n]", encoding="utf-8")
    return path


def made(template: Path, *words: str) -> bytes:
    return pdf_bytes(template, {**HEAD, "words": [name(word) for word in words]})


def text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


@pytest.mark.parametrize("written", NAMES.values(), ids=NAMES.keys())
def test_every_letter_of_a_name_in_this_script_has_a_picture(template: Path, written: str) -> None:
    # PDF/UA-1 is refused by typst when a letter has no picture, so that it was made at all says so too.
    found = set(text(made(template, written)))
    assert {letter for letter in written if letter.isalpha()} <= found | {"\u200c", "\u200d"}


def test_every_naughty_string_can_be_printed(template: Path) -> None:
    assert "The quick brown fox" in text(made(template, *NAUGHTY))


def test_markup_in_a_name_is_printed_and_not_obeyed(template: Path) -> None:
    assert '#read("x") $x$ *a* @b' in text(made(template, '#read("x") $x$ *a* @b'))


def test_the_same_data_are_the_same_bytes_a_second_later(template: Path) -> None:
    first = made(template, "Ada")
    time.sleep(1.1)
    assert made(template, "Ada") == first


def test_the_document_says_that_it_is_accessible_and_in_english(template: Path) -> None:
    content = made(template, "Ada")
    assert b"<pdfuaid:part>1</pdfuaid:part>" in content
    assert str(PdfReader(io.BytesIO(content)).root_object["/Lang"]) == "en-US"
    assert b"/MarkInfo<</Marked true" in content


def test_the_document_has_a_title_and_no_date(template: Path) -> None:
    facts = PdfReader(io.BytesIO(made(template, "Ada"))).metadata
    assert facts is not None
    assert (facts.title, facts.creation_date) == ("T", None)


def test_only_shipped_fonts_are_used(template: Path) -> None:
    used = re.findall(rb"/FontName/[A-Z]{6}\+([A-Za-z-]+)", made(template, "Ada", "王"))
    assert {font.decode().removesuffix("-Identity-H") for font in used} == {"Inter-Regular", "Inter-SemiBold", "NotoSansCJKsc-Regular"}


def test_a_broken_template_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "bad.typ").write_text("#nothing-by-this-name", encoding="utf-8")
    with pytest.raises(TemplateBroken, match="The document could not be set"):
        pdf_bytes(tmp_path / "bad.typ", HEAD)


def test_two_people_may_take_a_document_at_once(template: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        found = set(threads.map(lambda _: made(template, "Ama Osei"), range(8)))
    assert found == {made(template, "Ama Osei")}


IN_A_FORK = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from caretally.files.pdf import TemplateBroken, pdf_bytes
template, data = Path(sys.argv[1]), {"title": "T", "author": "A", "description": "D", "footer": "F", "words": []}
pdf_bytes(template, data)
if os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
try:
    pdf_bytes(template, data)
except TemplateBroken as error:
    os.write(1, error.message.encode())
"""


def test_a_fork_of_a_process_that_set_documents_says_so_instead_of_waiting_for_ever(template: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", IN_A_FORK, str(template)], capture_output=True, text=True, timeout=60, check=True)
    assert "this process was forked from one that had set documents" in ended.stdout
