"""Logs as JSON lines on standard output that cannot carry personal data.

An event is a kebab-case name with fields from an allow-list, each with a rule for its values: numbers, flags,
UUIDs, codes; never free text. What does not fit raises while strict (tests, and until :func:`configure` says
otherwise) and is dropped and counted in production. Exceptions are logged by type and stack frames, without
their message; records of other libraries by logger and place.
"""

import contextlib
import json
import logging
import re
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import PurePath
from types import TracebackType
from typing import Any, Final, TextIO
from uuid import UUID

import structlog
from prometheus_client import Counter
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from services.kit.calendar import format_instant
from services.kit.clock import SystemClock
from services.kit.log.fields import MOST_FRAMES, fits

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
DROPPED: Final = Counter("log_fields_dropped", "Fields or events that the log refused to carry.")
_ODD = re.compile(r"[^A-Za-z0-9_.<>/-]")
_EVENT = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_LINES: Final = json.JSONEncoder(check_circular=False)
_NOISY: Final = ("httpx", "httpcore", "aiohttp", "asyncpg", "zeep", "sqlalchemy")


class LogRefusedError(ValueError):
    """A log call has an unknown field or a value that its field does not take. The value is not in it."""


_own: dict[str, str] = {"service": "unnamed"}
_mode: dict[str, bool] = {"strict": True}


def configure(
    service: str, level: str = "INFO", *, strict: bool = False, stream: TextIO | None = None
) -> None:
    """Sends this process's logs, also those of libraries, to a stream (standard output) as JSON lines.

    ``strict`` makes a refused field an error instead of dropping it. ValueError for an unknown level.
    """
    smallest = logging.getLevelNamesMapping().get(level.upper())
    if smallest is None:
        msg = f"there is no log level {level}; there are debug, info, warning, error, critical"
        raise ValueError(msg)
    _own["service"], _mode["strict"] = service, strict
    _install(smallest, stream)
    logging.root.handlers[:] = [_LibraryHandler(stream)]
    logging.root.setLevel(max(smallest, logging.WARNING))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger("uvicorn.error").setLevel(smallest)
    logging.getLogger("uvicorn.access").disabled = True
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(smallest, logging.WARNING))


def get_logger(name: str) -> FilteringBoundLogger:
    """A logger; ``name`` is the module's. Call ``log.info("event-name", field=value)``."""
    if not structlog.is_configured():
        _install(logging.INFO, None)
    logger: FilteringBoundLogger = structlog.get_logger(room=name)
    return logger


def _install(smallest: int, stream: TextIO | None) -> None:
    structlog.configure(
        processors=[*PROCESSORS, _render],
        wrapper_class=structlog.make_filtering_bound_logger(smallest),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )


def exception_fields(error: BaseException) -> dict[str, object]:
    """What may be said of an exception: its type, its cause's type and the frames; not its message."""
    fields: dict[str, object] = {"exception": _type_name(error), "frames": list(_places(error.__traceback__))}
    cause = error.__cause__ or error.__context__
    if cause is not None:
        fields["cause"] = _type_name(cause)
        fields["frames"] = [*_places(cause.__traceback__), *_places(error.__traceback__)][-MOST_FRAMES:]
    return fields


def _type_name(error: BaseException) -> str:
    return _ODD.sub("_", f"{type(error).__module__}.{type(error).__qualname__}")[:120]


def _places(traceback: TracebackType | None) -> Iterator[str]:
    places = []
    while traceback is not None:
        path = PurePath(traceback.tb_frame.f_code.co_filename)
        name = _ODD.sub("_", "/".join(path.parts[-3:]).lstrip("/"))[-100:]
        places.append(f"{name}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    yield from places[-MOST_FRAMES:]


def _stamp(_logger: WrappedLogger, level: str, event: EventDict) -> EventDict:
    event["level"] = level
    event["time"] = format_instant(SystemClock().now())
    event["service"] = _own["service"]
    request_id = REQUEST_ID.get()
    if request_id is not None:
        event.setdefault("request_id", request_id)
    return event


def _explain(_logger: WrappedLogger, _level: str, event: EventDict) -> EventDict:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    elif isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event.update(exception_fields(error))
    return event


def _admit(_logger: WrappedLogger, _level: str, event: EventDict) -> EventDict:
    name = event.pop("event")
    kept: dict[str, Any] = {key: event.pop(key) for key in ("time", "level", "service")}
    refused = [key for key, value in event.items() if not fits(key, value)]
    named = isinstance(name, str) and _EVENT.fullmatch(name) is not None
    if _mode["strict"] and (refused or not named):
        msg = f"the log does not take {', '.join(refused) or 'this event name'}"
        raise LogRefusedError(msg)
    if refused or not named:
        DROPPED.inc(len(refused) + (not named))
        kept["dropped"] = len(refused) + (not named)
    kept["event"] = name if named else "unnamed-event"
    for key, value in event.items():
        if key not in refused:
            kept[key] = str(value) if isinstance(value, UUID) else value
    return kept


def _render(_logger: WrappedLogger, _level: str, event: EventDict) -> str:
    """As structlog's own renderer writes it, by one encoder: what was admitted is plain."""
    return _LINES.encode(event)


PROCESSORS: Final[tuple[Processor, ...]] = (_stamp, _explain, _admit)


class _LibraryHandler(logging.Handler):
    """Records of other libraries: who, where, which exception. Their message may hold anything: left out."""

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one line."""
        line: dict[str, object] = {
            "time": format_instant(SystemClock().now()),
            "level": record.levelname.lower(),
            "service": _own["service"],
            "room": record.name,
            "event": "library-message",
            "place": f"{record.module}.py:{record.lineno}",
        }
        request_id = REQUEST_ID.get()
        if request_id is not None:
            line["request_id"] = request_id
        if record.exc_info and record.exc_info[1] is not None:
            line.update(exception_fields(record.exc_info[1]))
        with contextlib.suppress(OSError):  # with the output gone there is nobody to tell
            print(json.dumps(line), file=self._stream or sys.stdout, flush=True)
