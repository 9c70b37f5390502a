"""What an import file may cost. Limits of 2026-11-23; the figures were measured that day on two cores with generated time entries."""

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """The limits of one file; a test or an installation may choose others."""

    # 100,000 time entries are 14 MB as CSV, as many rows as we take are 70 MB.
    file_bytes: int = 100 * MEGABYTE
    # Workbooks of time entries shrink 10 to 14 times; a bomb shrinks up to 1,000 times.
    unzipped_ratio: int = 100
    # 500,000 rows of 14 columns are 271 MB of XML with shared texts, 418 MB without.
    unzipped_bytes: int = 512 * MEGABYTE
    # A workbook has a handful of parts for each sheet; thousands of parts cost time for nothing.
    zip_parts: int = 2_000
    # Five times the month of 100,000 entries that we measure imports with; files by month or client can also be undone one by one.
    rows: int = 500_000
    # The widest kind has fewer than 20 columns; exports of other programs bring many that nobody maps.
    columns: int = 300
    # Excel holds 32,767 characters in a cell; a longer one is nearly always a quote that was never closed.
    cell_bytes: int = 32 * 1024
    # Where a thousand lines do not fit the header, the file is of another shape and a list of lines helps nobody.
    problems: int = 1_000
    # 100,000 rows take 0.5 s of processor as CSV, 2 s as XLSX; 500,000 rows of XLSX took 18 s while the machine was busy.
    seconds: int = 60
    # Address space of the reading process: 500,000 rows of XLSX need 1,510 MB.
    memory_bytes: int = 2048 * MEGABYTE


LIMITS = Limits()
