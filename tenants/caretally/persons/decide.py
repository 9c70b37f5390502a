"""A person's word on a pair of records: the same human, or two; and taking that word back."""

import re
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, text

from caretally.audit.chain import append_event
from caretally.audit.reasons import digest_of, said_in_words
from caretally.errors import Conflict, NothingToDo, UsageMistake
from caretally.imports.importing import PATIENCE, TAKE_TURN
from caretally.persons.clusters import Clusters
from caretally.persons.match import Matched, match_new_records
from caretally.persons.review import ALL, SHOWN, ReviewedPair, reviewed_pairs

Word = Literal["same", "different"]
PAIR_WORD = re.compile(r"[0-9a-f]{4,8}(-?[0-9a-f-]{0,28})")
READERS = "the next reviewer reads it"
OTHERS = text("SELECT first_patient_id, second_patient_id, status, decided_by IS NOT NULL AS decided, id FROM person_match WHERE id <> :id")
DECIDE = text(
    "UPDATE person_match SET status = :status, decided_by = tenancy.current_actor(), decided_at = clock_timestamp(), reason = :reason WHERE id = :id"
)
TAKE_BACK = text("UPDATE person_match SET status = 'proposed', decided_by = NULL, decided_at = NULL, reason = '' WHERE id = :id")


@dataclass(frozen=True)
class Decision:
    """The pair as it stands now, None when nothing speaks for it any more, and what else changed with it."""

    was: ReviewedPair
    now: ReviewedPair | None
    matched: Matched


def decide_pair(connection: Connection, called: str, *, word: Word, reason: str) -> Decision:
    """Say of a pair that it is one person or two, in the caller's transaction; `called` is the beginning of its id.

    Raises `UsageMistake` for a pair that is not there or a reason that says nothing, `NothingToDo` when the same was said before, and
    `Conflict` when it contradicts what was said of other pairs.
    """
    reason = said_in_words(reason, readers=READERS)
    pair = _taken_in_turn(connection, called)
    if pair.decided_by is not None and pair.status == word:
        raise NothingToDo(f"The pair {pair.pair} was decided to be {_told(word)} already.")
    _refuse_contradiction(connection, pair, word)
    connection.execute(DECIDE, {"id": pair.id, "status": word, "reason": reason})
    return _settled(connection, pair, action="persons.decided", detail={"decision": word}, reason=reason)


def take_back(connection: Connection, called: str, *, reason: str) -> Decision:
    """Take the word on a pair back, in the caller's transaction: it stands again as the identifiers alone have it.

    Raises `UsageMistake` for a pair that is not there or a reason that says nothing, `NothingToDo` when nobody had decided it.
    """
    reason = said_in_words(reason, readers=READERS)
    pair = _taken_in_turn(connection, called)
    if pair.decided_by is None:
        raise NothingToDo(f"Nobody has decided the pair {pair.pair}, so there is nothing to take back.")
    connection.execute(TAKE_BACK, {"id": pair.id})
    return _settled(connection, pair, action="persons.undecided", detail={}, reason=reason)


def _taken_in_turn(connection: Connection, called: str) -> ReviewedPair:
    """Wait for imports of the vendor to end, then return the pair."""
    connection.execute(text(PATIENCE))
    connection.execute(text(TAKE_TURN))
    word = called.strip().lower()
    found = reviewed_pairs(connection, statuses=ALL, word=word) if PAIR_WORD.fullmatch(word) else []
    if not found:
        raise UsageMistake(f"This vendor has no pair {called[:40]!r}; caretally persons review lists them.")
    if len(found) > 1:
        raise UsageMistake(f"{len(found)} pairs begin with {word}; give more of the id, as caretally persons review --json shows it.")
    return found[0]


def _refuse_contradiction(connection: Connection, pair: ReviewedPair, word: Word) -> None:
    others = connection.execute(OTHERS, {"id": pair.id}).all()
    apart = {(o.first_patient_id, o.second_patient_id): str(o.id)[:SHOWN] for o in others if o.status == "different"}
    clusters = Clusters(apart)
    for other in others:
        if other.status == "same" and (other.decided or word == "same"):
            clusters.join(other.first_patient_id, other.second_patient_id)
    if word == "same":
        between = clusters.decision_between(*pair.patients)
        if between is not None:
            raise Conflict(
                f"The pair {apart[between]} of the same people was decided to be different; take that back first with caretally persons undo."
            )
    elif clusters.together(*pair.patients):
        members = clusters.of(pair.patients[0])
        through = sorted(str(o.id)[:SHOWN] for o in others if o.status == "same" and o.decided and o.first_patient_id in members)
        raise Conflict(f"These two are one person by the decided pairs {', '.join(through)}; take one of them back first.")


def _settled(connection: Connection, pair: ReviewedPair, *, action: str, detail: dict[str, str], reason: str) -> Decision:
    """Match the two anew under the decision, and write it to the audit log: ids and the digest of the reason, which may name somebody."""
    matched = match_new_records(connection, again=pair.patients)
    found = reviewed_pairs(connection, statuses=ALL, word=str(pair.id))
    append_event(
        connection,
        action=action,
        detail={
            "pair": pair.id,
            "was": pair.status,
            "patients": list(pair.patients),
            "clients": list(pair.clients),
            "reason_sha256": digest_of(reason),
            **detail,
        },
    )
    return Decision(pair, found[0] if found else None, matched)


def _told(word: str) -> str:
    return "one person" if word == "same" else "two people"
