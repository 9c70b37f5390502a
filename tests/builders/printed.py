"""The words of a PDF, page by page, as a reader's program finds them (pdfium: two thousand lines take seconds)."""

from pypdfium2 import PdfDocument


def page_texts(content: bytes) -> list[str]:
    """Return the words of each page, a line of the page to a line."""
    with PdfDocument(content) as document:
        return [page.get_textpage().get_text_bounded().replace("\r\n", "\n") for page in document]
