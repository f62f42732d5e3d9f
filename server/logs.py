"""The log: one line an event, JSON or for people, with the ids of request and connection that also the member's error shows (DESIGN 13).

Decides what a line looks like and what never gets into one; who writes what is everybody's own business. What Twisted, asyncio and
the standard library have to say is brought in by ``server.bridges``. structlog brings Twisted with it and costs half a second, so it
is imported with the first line: short commands seldom write one (STYLE 9).
"""

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TextIO, cast

import msgspec

from protocol.errors import YizhanError
from server.clock import Clock, SystemClock
from server.config.model import Log as LogSettings

Level = Literal["debug", "info", "warning", "error"]
Event = MutableMapping[str, Any]

LEVELS: Mapping[Level, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40}
REDACTED = "(not shown)"
SECRET_WORDS = frozenset(("password", "code", "token", "ticket", "body", "text", "secret", "login", "cookie", "authorization"))
SECRET_KEYS = frozenset(("login_name", "login_names"))
HARMLESS_KEYS = frozenset(("error_code", "close_code", "status_code", "exit_code"))

_about: ContextVar[Mapping[str, Any]] = ContextVar("about", default=MappingProxyType({}))


class Logger:
    """Writes events: ``log.warning("outbox.full", connection=…, bytes=…)``; names are dotted facts, figures have their unit in the name."""

    def __init__(self, name: str, bound: Mapping[str, Any] | None = None) -> None:
        self._bound = {"logger": name, **(bound or {})}

    def bind(self, **values: Any) -> "Logger":
        """One that adds these values to each line, such as ``connection=…``."""
        return Logger(**{"name": self._bound["logger"], "bound": {**self._bound, **values}})

    def debug(self, event: str, **values: Any) -> None:
        self._write("debug", event, values)

    def info(self, event: str, **values: Any) -> None:
        self._write("info", event, values)

    def warning(self, event: str, **values: Any) -> None:
        self._write("warning", event, values)

    def error(self, event: str, **values: Any) -> None:
        self._write("error", event, values)

    def exception(self, event: str, error: BaseException | None = None, **values: Any) -> None:
        """A fault of ours, with its traceback: ``error``, or what is being handled. Of locals nothing is shown."""
        self._write("error", event, {**values, "exc_info": error or True})

    def _write(self, level: Level, event: str, values: Mapping[str, Any]) -> None:
        import structlog

        if not structlog.is_configured():
            configure(LogSettings(level="warning"), SystemClock())
        getattr(structlog.get_logger(), level)(event, **{**self._bound, **values})


@contextlib.contextmanager
def about(**ids: Any) -> Iterator[None]:
    """Every line that this task and what it calls write in the block has these: ``with about(request=…, connection=…)``."""
    token = _about.set({**_about.get(), **ids})
    try:
        yield
    finally:
        _about.reset(token)


class _StandardError:
    """Whatever standard error is when a line is written: it may be replaced, and the old one closed, while the process runs."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()

    def isatty(self) -> bool:
        return sys.stderr.isatty()


def configure(settings: LogSettings, clock: Clock, stream: TextIO | None = None) -> None:
    """From now on lines go to ``stream``, standard error if there is none."""
    import structlog

    stream = stream or cast(TextIO, _StandardError())
    people = settings.format == "console" or (settings.format == "auto" and stream.isatty())
    structlog.configure(
        processors=[
            _with_context,
            harmless,
            _dated(clock),
            structlog.processors.format_exc_info,
            _for_people(stream) if people else _as_json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[settings.level]),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
    )


def _with_context(_: Any, level: str, event: Event) -> Event:
    return {"level": level, **_about.get(), **event}


def harmless(_: Any, __: str, event: Event) -> Event:
    """Without what must not be read in a log: values whose name says so, and objects, of which nobody knows what they hold."""
    return {key: value if key == "exc_info" else _harmless(key, value) for key, value in event.items()}


def _harmless(key: str, value: Any) -> Any:
    if _is_secret(key):
        return REDACTED
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): _harmless(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_harmless("", inner) for inner in value]
    return _object(value)


def _is_secret(key: str) -> bool:
    if key in HARMLESS_KEYS:
        return False
    return key in SECRET_KEYS or key.lower().rpartition("_")[2].removesuffix("s") in SECRET_WORDS


def _object(value: object) -> str:
    if isinstance(value, YizhanError):
        return value.code
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    return str(value) if isinstance(value, Path) else f"<{type(value).__name__}>"


def _dated(clock: Clock) -> Callable[[Any, str, Event], Event]:
    def dated(_: Any, __: str, event: Event) -> Event:
        time = datetime.fromtimestamp(clock.now() / 1000, UTC)
        return {"time": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"), **event}

    return dated


def _as_json(_: Any, __: str, event: Event) -> str:
    first = {key: event.pop(key) for key in ("time", "level", "event")}
    return msgspec.json.encode({**first, **event}).decode()


def _for_people(stream: TextIO) -> Any:
    from structlog import dev

    # plain: the colourful tracebacks show every local variable
    return dev.ConsoleRenderer(colors=stream.isatty(), timestamp_key="time", exception_formatter=dev.plain_traceback, pad_event_to=24)
