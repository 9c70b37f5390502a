"""What a file may cost before anybody looks into it; every limit is checked before, or while, the file is parsed."""

MAX_BYTES = 64 * 1024 * 1024
MAX_UNZIPPED_RATIO = 100
MAX_UNZIPPED_BYTES = 1024 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_COLUMNS = 200
MAX_CELL_CHARACTERS = 32 * 1024
MAX_SECONDS = 120
MAX_MEMORY_BYTES = 3 * 1024 * 1024 * 1024
