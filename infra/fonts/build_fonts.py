"""Rebuild the fonts that documents are set in, and the table of what each can show.

Needs fonttools and a folder holding the fonts of Debian's `fonts-inter`, `fonts-noto-core`, `fonts-noto-mono` and
`fonts-noto-cjk` packages, unpacked: `python infra/fonts/build_fonts.py UNPACKED`. The result is kept in the repository, so nobody
needs this to run or test the product.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from fontTools.ttLib import TTFont  # type: ignore[import-not-found]

TARGET = Path(__file__).resolve().parents[2] / "platform" / "caretally" / "files" / "fonts"
FACES = ("Inter-Regular", "Inter-SemiBold")
FACE_FEATURES = "kern,liga,ccmp,locl,mark,mkmk,tnum,lnum,calt,case,cv05,ss03"
# Scripts in which living people write their names, and the signs that turn up in notes.
SCRIPTS = [
    "Adlam",
    "Arabic",
    "Armenian",
    "Balinese",
    "Bamum",
    "Batak",
    "Bengali",
    "Buginese",
    "CanadianAboriginal",
    "Chakma",
    "Cham",
    "Cherokee",
    "Coptic",
    "Devanagari",
    "Ethiopic",
    "Georgian",
    "Gujarati",
    "Gurmukhi",
    "HanifiRohingya",
    "Hebrew",
    "Javanese",
    "Kannada",
    "KayahLi",
    "Khmer",
    "Lao",
    "Lepcha",
    "Limbu",
    "Lisu",
    "Malayalam",
    "Mandaic",
    "Math",
    "MeeteiMayek",
    "Miao",
    "Mongolian",
    "Myanmar",
    "NKo",
    "NewTaiLue",
    "Newa",
    "OlChiki",
    "Oriya",
    "Osage",
    "PahawhHmong",
    "Rejang",
    "Saurashtra",
    "Sinhala",
    "Sundanese",
    "SylotiNagri",
    "Symbols",
    "Symbols2",
    "Syriac",
    "TaiLe",
    "TaiTham",
    "TaiViet",
    "Tamil",
    "Telugu",
    "Thaana",
    "Thai",
    "Tifinagh",
    "Vai",
    "Wancho",
    "WarangCiti",
    "Yi",
]
CJK = (
    "U+2E80-2FDF,U+3000-33FF,U+3400-4DBF,U+4E00-9FFF,U+A960-A97F,U+AC00-D7FF,U+1100-11FF,U+F900-FAFF,U+FE10-FE1F,"
    "U+FE30-FE4F,U+FF00-FFEF,U+20000-3FFFF"
)


def subset(source: Path, name: str, *options: str) -> None:
    """Write one font of `source` to the target folder, without hints."""
    subprocess.run(
        [sys.executable, "-m", "fontTools.subset", str(source), "--no-hinting", f"--output-file={TARGET / name}", *options], check=True
    )


def only(folder: Path, pattern: str) -> Path:
    """Return the one file below `folder` that is called `pattern`."""
    return next(iter(sorted(folder.rglob(pattern))))


def write_fonts(unpacked: Path) -> None:
    """Subset every font; the names of the families stay as they are."""
    for face in FACES:
        subset(only(unpacked, f"{face}.otf"), f"{face}.otf", "--unicodes=*", f"--layout-features={FACE_FEATURES}")
    subset(only(unpacked, "NotoSansMono-Regular.ttf"), "NotoSansMono-Regular.ttf", "--unicodes=U+20-7E,U+B7,U+2026")
    for script in ("", *SCRIPTS):
        name = f"NotoSans{script}-Regular.ttf"
        subset(only(unpacked, name), name, "--unicodes=*", "--layout-features=*")
    subset(only(unpacked, "NotoSerifTibetan-Regular.ttf"), "NotoSerifTibetan-Regular.ttf", "--unicodes=*", "--layout-features=*")
    subset(
        only(unpacked, "NotoSansCJK-Regular.ttc"),
        "NotoSansCJKsc-Regular.otf",
        "--font-number=2",
        f"--unicodes={CJK}",
        "--layout-features=ljmo,vjmo,tjmo,ccmp",
    )


def ranges(points: list[int]) -> list[str]:
    """Fold sorted code points into `first-last` in hexadecimal."""
    folded: list[list[int]] = []
    for point in points:
        if folded and folded[-1][1] == point - 1:
            folded[-1][1] = point
        else:
            folded.append([point, point])
    return [f"{first:x}-{last:x}" for first, last in folded]


def write_coverage() -> None:
    """Write `coverage.txt`: one font a line, its file name and the code points that it can show."""
    fonts = sorted(path for path in TARGET.iterdir() if path.suffix in {".otf", ".ttf"})
    lines = [f"{font.name} {' '.join(ranges(sorted(TTFont(font).getBestCmap())))}" for font in fonts]
    (TARGET / "coverage.txt").write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    write_fonts(Path(sys.argv[1]))
    write_coverage()
