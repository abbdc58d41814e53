"""Owns the log: one canonical line per request, message and run: event name, then fields. JSON, or readable on a terminal.

The correlation id in `correlation` follows a submission through every service: calls and messages carry it.
Never logs a secret, a source or an input: callers do not pass them.
"""

from __future__ import annotations

import contextvars
import logging
import sys
from typing import Any, TextIO

import orjson

from mesh.clock import Clock, SystemClock, iso

correlation: contextvars.ContextVar[str] = contextvars.ContextVar("correlation", default="")
"""The id of the piece of work that runs now."""

_FIELDS = "palestra_fields"


class Log:
    """One service's pen."""

    def __init__(self, service: str) -> None:
        self._logger = logging.getLogger(f"palestra.{service}")

    def info(self, event: str, **fields: Any) -> None:
        """Something happened as it should."""
        self._write(logging.INFO, event, None, fields)

    def warning(self, event: str, *, cause: BaseException | None = None, **fields: Any) -> None:
        """Something is not as it should be; nobody needs to get up."""
        self._write(logging.WARNING, event, cause, fields)

    def error(self, event: str, *, cause: BaseException | None = None, **fields: Any) -> None:
        """Something broke; with its cause."""
        self._write(logging.ERROR, event, cause, fields)

    def debug(self, event: str, **fields: Any) -> None:
        """For whoever looks closely."""
        self._write(logging.DEBUG, event, None, fields)

    def _write(self, level: int, event: str, cause: BaseException | None, fields: dict[str, Any]) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, exc_info=cause, extra={_FIELDS: fields})


def set_up_logging(form: str, level: str, stream: TextIO | None = None) -> None:
    """Sends every log line of the process to one stream. ``form`` is json, text, or auto: text on a terminal."""
    stream = stream or sys.stderr
    is_text = form == "text" or (form == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextFormatter(SystemClock()) if is_text else JsonFormatter(SystemClock()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("palestra").setLevel(level.upper())


class JsonFormatter(logging.Formatter):
    """One JSON object a line: at, level, service, event, correlation, the fields, and the cause's trace."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def format(self, record: logging.LogRecord) -> str:
        line = _line(record, self._clock)
        if record.exc_info and record.exc_info[0] is not None:
            line["cause"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class TextFormatter(logging.Formatter):
    """``12:00:00.000 grader  run-judged  verdict=AC duration_s=0.4``."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def format(self, record: logging.LogRecord) -> str:
        line = _line(record, self._clock)
        at, level, service, event = (str(line.pop(name)) for name in ("at", "level", "service", "event"))
        mark = "" if level == "info" else f"{level.upper()} "
        fields = " ".join(f"{name}={_plain(value)}" for name, value in line.items())
        text = f"{at[11:23]} {service:<11} {mark}{event}  {fields}".rstrip()
        if record.exc_info and record.exc_info[0] is not None:
            text = f"{text}\n{self.formatException(record.exc_info)}"
        return text


def _line(record: logging.LogRecord, clock: Clock) -> dict[str, Any]:
    line: dict[str, Any] = {
        "at": iso(clock.now()),
        "level": record.levelname.lower(),
        "service": record.name.removeprefix("palestra."),
        "event": record.getMessage(),
    }
    work = correlation.get()
    if work:
        line["correlation"] = work
    line.update(getattr(record, _FIELDS, {}))
    return line


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    text = str(value)
    return repr(text) if " " in text or not text else text
