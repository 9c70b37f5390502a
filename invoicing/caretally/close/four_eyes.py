"""What stands between a preview and its close: the preview that was looked at is the one on record, and four eyes where the vendor wants them."""

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, text

from caretally.close.prepare import Client
from caretally.close.results import ClientParked, PreviewChanged
from caretally.money import format_dollars
from caretally.months import Month

ASKED = text("SELECT four_eyes, tenancy.current_actor() AS actor FROM vendor WHERE vendor_id = (SELECT tenancy.current_vendor())")


@dataclass(frozen=True)
class SeenPreview:
    """The preview that was shown to whoever asks for a close: the digest of its input, and its total in cents."""

    input_hash: bytes
    total_cents: int


class FourEyes(ClientParked):
    """The vendor wants two people for a close, and there was one."""

    def __init__(self, message: str) -> None:
        """Take the sentence."""
        super().__init__("FOUR_EYES", message)


def refuse_one_pair_of_eyes(connection: Connection, client: Client, month: Month, current: RowMapping | None) -> None:
    """Refuse a close by the person who previewed last, or of what nobody previewed, where the vendor wants four eyes. Raises `FourEyes`."""
    asked = connection.execute(ASKED).one()
    if not asked.four_eyes:
        return
    if current is None or current["status"] != "previewed":
        raise FourEyes(f"{month} of {client.code} has no preview, and your vendor wants four eyes: one previews it, another one closes it.")
    if current["previewed_by"] == asked.actor:
        raise FourEyes(f"You previewed {month} of {client.code} last, and your vendor wants four eyes: ask somebody else to close it.")


def refuse_unseen_preview(client: Client, month: Month, current: RowMapping | None, seen: SeenPreview | None) -> None:
    """Refuse to close another preview than the one that was looked at, and say how they differ. Raises `PreviewChanged`."""
    if seen is None:
        return
    if current is None or current["status"] != "previewed":
        raise PreviewChanged(f"{month} of {client.code} is no longer previewed; preview it again and close what you saw.")
    shown = current["preview"]
    if (current["input_hash"], shown["total_cents"]) != (seen.input_hash, seen.total_cents):
        raise PreviewChanged(
            f"{month} of {client.code} was previewed again after you looked: total "
            f"{format_dollars(seen.total_cents)} -> {format_dollars(shown['total_cents'])}, billable now {shown['billable']:,}; "
            "look at the new preview and close what you see."
        )
