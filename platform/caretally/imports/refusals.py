"""Why a whole file was not read: one class for each reason, with its sentence of what, where and what to do.

They name files, headers, lines and cells' places, never what stands in a cell."""

from typing import ClassVar

from caretally.errors import CareTallyError, DependencyDown


class FileRefused(CareTallyError):
    """A file that cannot be imported; `facts` are the words that fill the class's `sentence`, plain enough to travel as JSON."""

    code = "file_refused"
    sentence: ClassVar[str]

    def __init__(self, **facts: str | int) -> None:
        """Take the facts that the sentence names."""
        super().__init__(self.sentence.format(**facts))
        self.facts = facts


class FileMissing(FileRefused):
    """No such file."""

    exit_code = 2
    code = "file_missing"
    sentence = "There is no file {path}; check the name and the folder."


class NotAFile(FileRefused):
    """A folder, a pipe or a device."""

    exit_code = 2
    code = "not_a_file"
    sentence = "{path} is {what}, not a file; name one CSV or XLSX file."


class FileUnreadable(FileRefused):
    """The system does not let us read the file."""

    code = "file_unreadable"
    sentence = "{name} cannot be opened: {reason}; let this user read it."


class FileEmpty(FileRefused):
    """No byte, or nothing but blank lines."""

    code = "file_empty"
    sentence = "{name} is empty; its first line must name the columns."


class FileTooBig(FileRefused):
    """More bytes than an import takes."""

    code = "file_too_big"
    sentence = "{name} is larger than {limit} MB; split it by month or by client and import the parts."


class TooManyRows(FileRefused):
    """More rows than an import takes."""

    code = "too_many_rows"
    sentence = "{name} has more than {limit} rows; split it by month or by client and import the parts."


class TooManyColumns(FileRefused):
    """More columns than an import takes."""

    code = "too_many_columns"
    sentence = "{name} has {columns} columns, more than {limit}; keep the columns of its kind and delete the rest."


class TooManyBrokenLines(FileRefused):
    """So many lines of another shape that the header or the delimiter must be wrong."""

    code = "too_many_broken_lines"
    sentence = (
        "More than {limit} lines of {name} do not fit its header of {columns} columns, the first is line {line}; export the file again."
    )


class UnzipsTooBig(FileRefused):
    """A workbook that would unzip to far more than its size."""

    code = "unzips_too_big"
    sentence = "{name} would unzip to more than {limit}, which no honest workbook of its size does; save the sheet as CSV."


class SuspiciousArchive(FileRefused):
    """A ZIP archive with parts that point outside of it, lie about their size or are far too many."""

    code = "suspicious_archive"
    sentence = "{name} is not a workbook that Excel would write ({why}); open it, save it as a new XLSX file and import that."


class NotASpreadsheet(FileRefused):
    """Bytes of another kind."""

    code = "not_a_spreadsheet"
    sentence = "{name} is {what}, not a CSV or XLSX file; export the table as CSV or XLSX."


class OldExcel(FileRefused):
    """The binary format of Excel before 2007."""

    code = "old_excel"
    sentence = "{name} is in the format of Excel before 2007 (.xls); open it in Excel and save it as XLSX or CSV UTF-8."


class PasswordProtected(FileRefused):
    """An encrypted workbook."""

    code = "password_protected"
    sentence = "{name} is protected by a password; save it without one and import that."


class DamagedWorkbook(FileRefused):
    """A workbook that cannot be parsed."""

    code = "damaged_workbook"
    sentence = "{name} is damaged and cannot be read as a workbook; open it in Excel, save it as a new XLSX file and import that."


class NoSheet(FileRefused):
    """A workbook without a visible worksheet."""

    code = "no_sheet"
    sentence = "{name} has no visible worksheet; put the table on the first sheet."


class EncodingUnclear(FileRefused):
    """Bytes that are text in none of the encodings we read."""

    code = "encoding_unclear"
    sentence = "Line {line} of {name} is not valid text ({why}); save the file as CSV UTF-8."


class DuplicateHeader(FileRefused):
    """Two columns of one name."""

    code = "duplicate_header"
    sentence = "{name} has two columns “{header}”, the {first}. and the {second}.; rename or delete one of them."


class HeaderTooLong(FileRefused):
    """A header that no column of ours or of a program's export has."""

    code = "header_too_long"
    sentence = "The {place}. header of {name} is longer than {limit} characters; its first line must name the columns."


class CellTooLong(FileRefused):
    """A cell so long that it may have swallowed the rows after it."""

    code = "cell_too_long"
    sentence = "Line {line} of {name} holds more than {limit} KB in its {place}. cell, “{header}”; shorten it, or close a quote that stands open in it."


class BrokenQuotes(FileRefused):
    """Quotes that do not pair, so that the rows after them cannot be told apart."""

    code = "broken_quotes"
    sentence = (
        "The quotes of the row that begins on line {line} of {name} do not pair, so the rows after it cannot be told apart; "
        "close the quote, or double a quote inside a cell."
    )


class TooSlow(FileRefused):
    """The reading process was stopped by the clock."""

    code = "too_slow"
    sentence = "Reading {name} took longer than {limit} seconds and was stopped; split the file, or save it as CSV."


class TooMuchMemory(FileRefused):
    """The reading process was stopped by its memory ceiling."""

    code = "too_much_memory"
    sentence = (
        "Reading {name} needed more than {limit} MB of memory and was stopped; "
        "delete stray cells far right of or below the table, or save it as CSV."
    )


class NoRoom(FileRefused):
    """No room for the rows that were read, on their way into the database."""

    exit_code = DependencyDown.exit_code
    code = "no_room"
    sentence = "The rows of {name} cannot be kept under {folder} while they are read: {reason}; make room there and run it again."


class ReaderFailed(FileRefused):
    """The reading process failed in a way we did not foresee."""

    code = "reader_failed"
    sentence = "{name} could not be read ({why}) and nothing was imported; save it as CSV UTF-8 and try that, and report the defect."


REFUSALS: dict[str, type[FileRefused]] = {refusal.code: refusal for refusal in FileRefused.__subclasses__()}
