"""Structured logs: one line for each event, JSON for programs or text for people, made harmless on the way.

What is logged comes from sources that somebody may have made for us: keys of objects, texts of errors. So each text is
cut, and what a terminal would obey is shown instead. Secrets do not get in: those that are known by value, what stands
under the names of secrets, and what looks like one in a URL or a header. The loggers of libraries go the same way.
"""

from __future__ import annotations

import datetime
import logging
import re
import threading
import time
from typing import TYPE_CHECKING, Literal, TextIO

import msgspec
import structlog

from lakebed.safe_text import safe_text
from lakebed.telemetry import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, MutableMapping

    from structlog.typing import FilteringBoundLogger, Processor

HIDDEN = "***"

_SECRET_NAMES = re.compile(r"passw|secret|token|authorization|credential|api_?key|private_?key|cookie", re.IGNORECASE)
_LOOKS_SECRET = re.compile(
    r"(?P<url>://[^/\s:@]*:)[^/\s@]+(?=@)"  # user:password@
    r"|(?P<scheme>\b(?:bearer|basic|splunk|ssws|apikey)\s+)[A-Za-z0-9+/=_.~-]{6,}"
    r"|(?P<name>\b(?:x-amz-signature|x-amz-security-token|x-amz-credential|signature|sig|token|password|secret"
    r"|api_?key|access_?key)=)[^&\s'\"]+",
    re.IGNORECASE,
)
_PLAIN_KEYS = frozenset({"token_count", "tokens"})


def configure(
    format: Literal["json", "text"] = "json",
    *,
    stream: TextIO,
    level: int = logging.INFO,
    secrets: Iterable[str] = (),
    clock: Callable[[], float] = time.time,
) -> FilteringBoundLogger:
    """Makes all logs of this process go to `stream`, and returns a logger. Called once, by a program's start.

    `secrets` are values that must never be shown, wherever they stand. A stream that is gone stops nobody.
    """
    lines = _Lines(stream)
    finish: list[Processor] = [
        structlog.processors.format_exc_info,
        _Harmless(secrets),
        _Timed(clock),
        _render_json if format == "json" else _render_text,
    ]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, *finish],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _LineLogger(lines),
        cache_logger_on_first_use=False,
    )
    _take_over_logging(lines, finish, level)
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def _take_over_logging(lines: _Lines, finish: list[Processor], level: int) -> None:
    """Loggers of the standard library, which other packages use, from warnings on."""
    handler = _Handler(lines, finish)
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    handler.setLevel(max(level, logging.WARNING))


class _Lines:
    """Writes whole lines, one at a time."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def write(self, line: str) -> None:
        with self._lock:
            try:
                self._stream.write(line + "\n")
                self._stream.flush()
            except (OSError, ValueError):
                return


class _LineLogger:
    """What structlog calls with the finished line."""

    def __init__(self, lines: _Lines) -> None:
        self._lines = lines

    def msg(self, message: str) -> None:
        self._lines.write(message)

    debug = info = warning = error = critical = exception = log = msg


class _Handler(logging.Handler):
    def __init__(self, lines: _Lines, finish: list[Processor]) -> None:
        super().__init__()
        self._lines = lines
        self._finish = finish

    def emit(self, record: logging.LogRecord) -> None:
        """Must not raise, and does not."""
        try:
            event: object = {"event": record.getMessage(), "logger": record.name, "level": record.levelname.lower()}
            if record.exc_info:
                event = {**event, "exc_info": record.exc_info}  # type: ignore[dict-item] # a mapping so far
            for processor in self._finish:
                event = processor(None, record.levelname.lower(), event)  # type: ignore[arg-type] # each takes what the last gave
            self._lines.write(str(event))
        except Exception:  # noqa: BLE001 - a log line that cannot be made is left out
            return


class _Harmless:
    """Cuts texts, escapes what a terminal obeys, hides secrets; in values of any depth, and in names."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # Short ones would hide ordinary words.
        known = sorted({secret for secret in secrets if len(secret) >= 6}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, _logger: object, _name: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
        return {self._text(str(key)): self._value(str(key), value, 4) for key, value in event.items()}

    def _value(self, key: str, value: object, depth: int) -> object:
        if value is None or isinstance(value, bool | int | float):
            return value
        if _SECRET_NAMES.search(key) and key.lower() not in _PLAIN_KEYS:
            return HIDDEN
        if isinstance(value, dict) and depth:
            items = list(value.items())[: limits.LOG_ITEMS_MAX]
            return {self._text(str(name)): self._value(str(name), one, depth - 1) for name, one in items}
        if isinstance(value, list | tuple | set | frozenset) and depth:
            return [self._value(key, one, depth - 1) for one in list(value)[: limits.LOG_ITEMS_MAX]]
        return self._text(value if isinstance(value, str) else str(value))

    def _text(self, text: str) -> str:
        text = text[: 4 * limits.LOG_TEXT_CHARS_MAX]  # what is hidden becomes shorter, and the rest moves up
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        text = _LOOKS_SECRET.sub(_hide, text)
        cut = text if len(text) <= limits.LOG_TEXT_CHARS_MAX else text[: limits.LOG_TEXT_CHARS_MAX] + "…"
        return safe_text(cut)


def _hide(found: re.Match[str]) -> str:
    return (found["url"] or found["scheme"] or found["name"]) + HIDDEN


class _Timed:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def __call__(self, _logger: object, _name: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
        moment = datetime.datetime.fromtimestamp(self._clock(), datetime.UTC).isoformat(timespec="milliseconds")
        return {"time": moment.replace("+00:00", "Z"), **event}


def _render_json(_logger: object, _name: str, event: MutableMapping[str, object]) -> str:
    first = {name: event[name] for name in ("time", "level", "event") if name in event}
    return msgspec.json.encode({**first, **event}).decode()


def _render_text(_logger: object, _name: str, event: MutableMapping[str, object]) -> str:
    rest = dict(event)
    first = f"{rest.pop('time', '')} {rest.pop('level', '')!s:7} {rest.pop('event', '')}"
    return " ".join([first, *(f"{name}={_shown(value)}" for name, value in rest.items())])


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return msgspec.json.encode(text).decode() if " " in text or '"' in text or not text else text
