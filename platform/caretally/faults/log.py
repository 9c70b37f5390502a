"""What every process of ours writes to stderr: one line of JSON for an event, without any value that could be a patient's."""

import sys
from typing import Any


def logger() -> Any:
    """Return the logger, which writes JSON to stderr.

    structlog is imported by whoever logs: its import takes a fifth of a second, and most commands log nothing.
    """
    import structlog

    processors: list[structlog.typing.Processor] = [
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.JSONRenderer(),
    ]
    return structlog.wrap_logger(structlog.PrintLogger(sys.stderr), processors=processors)


def places(error: BaseException) -> list[str]:
    """Return the functions and lines that an error went through, without any value."""
    found, frame = [], error.__traceback__
    while frame is not None:
        found.append(f"{frame.tb_frame.f_globals.get('__name__', '?')}:{frame.tb_lineno}")
        frame = frame.tb_next
    return found
