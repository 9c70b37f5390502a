"""What a published file is wrapped in is opened, or refused with the file's name and what is wrong."""

import re
import zipfile
from pathlib import Path

import pytest

from caretally.cms.published.opening import open_published
from caretally.cms.reference_files import DamagedReferenceFile

PART = "MCR_MUE_PractitionerServices.csv"
LOCAL_HEADER_BYTES = 30


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["deflate", "bzip2", "lzma"])
def test_a_damaged_part_is_refused_however_it_is_packed(tmp_path: Path, packing: int) -> None:
    path = tmp_path / "unit-edits.zip"
    with zipfile.ZipFile(path, "w", packing) as archive:
        archive.writestr(PART, "99490,1,2 Date of Service Edit: Policy\n" * 200)
    assert open_published(path, fitting="MUE").member == PART
    data = bytearray(path.read_bytes())
    damaged = slice(LOCAL_HEADER_BYTES + len(PART) + 12, LOCAL_HEADER_BYTES + len(PART) + 40)
    data[damaged] = bytes(byte ^ 0xFF for byte in data[damaged])
    path.write_bytes(data)
    with pytest.raises(DamagedReferenceFile, match=rf"unit-edits\.zip: its part {PART} is damaged"):
        open_published(path, fitting="MUE")


def test_a_folder_in_a_file_s_place_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DamagedReferenceFile, match=re.escape(f"{tmp_path.name}: it cannot be read (is a directory)")):
        open_published(Path(), fitting="MUE")
