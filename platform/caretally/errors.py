"""Errors that a person reads: one sentence each, with the exit code of the command line."""

from typing import ClassVar


class CareTallyError(Exception):
    """A mistake or a state that one sentence explains; subclasses live beside the code that raises them.

    `exit_code` is the command line's, `code` the stable name in JSON.
    """

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "error"

    def __init__(self, message: str) -> None:
        """Take the one sentence that says what happened, to whom, and what to do."""
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class UsageMistake(CareTallyError):
    """The command was given something it cannot take."""

    exit_code = 2
    code = "usage"


class NothingToDo(CareTallyError):
    """There is nothing for the command to work on."""

    exit_code = 3
    code = "nothing_to_do"


class BlockedByExceptions(CareTallyError):
    """Exceptions that a person must settle stand in the way."""

    exit_code = 4
    code = "blocked_by_exceptions"


class Conflict(CareTallyError):
    """The input changed, another process won the race, or the month is already closed."""

    exit_code = 5
    code = "conflict"


class DependencyDown(CareTallyError):
    """The database, the broker, the archive or another part cannot be reached or used."""

    exit_code = 6
    code = "dependency_down"
