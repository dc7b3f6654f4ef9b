"""Structured logs without personal data: one JSON object a line, or colours on a terminal.

What is logged is an event name and safe fields (codes, counts, ids of rows, durations); never
texts, tokens, addresses, e-mail or phone (domain rule 3). Exceptions are logged by type and place,
without their message, which may quote what a person wrote.
"""

import logging
import os
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import Any

import structlog


def set_up_logs(log_format: str, level: str) -> None:
    """Send the logs of this process to standard error."""
    number = logging.getLevelNamesMapping()[level.upper()]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _process,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _exception_without_message,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: _Lines(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Libraries()])


class _Libraries(logging.Handler):
    """Logs that a library warns, and which; not its words, which may quote what a person wrote."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line in our own form."""
        error = record.exc_info[1] if record.exc_info else None
        place = f"{record.filename}:{record.lineno}"
        log = structlog.get_logger("libraries")
        log.log(record.levelno, "library", logger=record.name, line=place, exc_info=error)


def _process(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    event["pid"] = os.getpid()
    return event


class _Lines(structlog.PrintLogger):
    """Writes lines where they can be written: a full disk under the log stops nothing else."""

    def msg(self, message: str) -> None:
        """Write a line."""
        with suppress(OSError):
            super().msg(message)

    debug = info = warning = error = critical = exception = msg


def _exception_without_message(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["at"] = [
            f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]
    return event
