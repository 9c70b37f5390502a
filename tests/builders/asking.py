"""What a practice sends when it asks about a line of its invoice, or disputes it."""

from typing import Any
from uuid import UUID, uuid4


def about_line(line: UUID, cents: int, *, kind: str, form_token: str) -> dict[str, Any]:
    """Return the form of an open line: a question, or a dispute of whole dollars of what it costs."""
    return {
        "thread": str(uuid4()),
        "line": str(line),
        "said": "Was this a call?",
        "amount": f"{cents // 100}.00",
        "answer_by": "2030-01-15",
        "kind": kind,
        "form_token": form_token,
    }
