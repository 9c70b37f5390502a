"""What an import file may cost. Limits of 2026-11-23, chosen so that the largest honest file we know fits three times over."""

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """The limits of one file; a test or an installation may choose others."""

    # 100,000 time entries are 13 MB as CSV; a year of the largest vendor we know is 60 MB.
    file_bytes: int = 100 * MEGABYTE
    # Worksheets of time entries shrink 8 to 15 times, the most repetitive honest one we made 40 times; bombs shrink 1,000 times.
    unzipped_ratio: int = 100
    # 500,000 rows of 14 columns are about 300 MB of XML.
    unzipped_bytes: int = 512 * MEGABYTE
    # A workbook has a handful of parts for each sheet; thousands of parts cost time for nothing.
    zip_parts: int = 2_000
    # Five times the largest month; more belongs into files by month or client, which also can be undone one by one.
    rows: int = 500_000
    # The widest kind has 16 columns, an electronic record's export up to 200.
    columns: int = 300
    # Excel holds 32,767 characters in a cell; a longer one is nearly always a quote that was never closed.
    cell_bytes: int = 32 * 1024
    # Where a thousand lines do not fit the header, the file is of another shape and a list of lines helps nobody.
    problems: int = 1_000
    # Reading 100,000 rows takes half a second, 500,000 rows of XLSX 15 s on a slow machine.
    seconds: int = 60
    # Address space of the reading process: 500,000 rows of XLSX need 700 MB.
    memory_bytes: int = 1536 * MEGABYTE


LIMITS = Limits()
