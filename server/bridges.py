"""Brings what Twisted, asyncio, the standard library and the interpreter report into our log, as events of its kind.

Decides their names and levels; how a line looks is ``server.logs``. Used by ``serve`` alone: it imports Twisted.
"""

import asyncio
import contextlib
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, cast

from protocol.errors import YizhanError
from server.logs import Logger

LOG = Logger("server.bridges")


@contextlib.contextmanager
def bridged(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """As long as the block lasts, nothing reports past our log. Twisted lets itself be begun once in a process."""
    with standard_library(), asyncio_failures(loop), interpreter_failures(), _twisted(), crash():
        yield


@contextlib.contextmanager
def crash() -> Iterator[None]:
    """What ends the process is in the log with its traceback; an error that was foreseen is told by the command."""
    try:
        yield
    except YizhanError:
        raise
    except Exception as error:
        LOG.exception("process.failed", error)
        raise


@contextlib.contextmanager
def standard_library() -> Iterator[None]:
    """asyncio, uvicorn, alembic and whoever else uses ``logging`` or ``warnings``; which migrations run is debugging."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers[:] = [_Handler()]
    root.setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.INFO)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = before
        root.setLevel(level)


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno == logging.INFO and not record.getMessage().startswith("Running"):
            return  # alembic's set-up; information is let through of it alone
        log = Logger(record.name)
        if record.exc_info and record.exc_info[1]:
            log.exception("library.said", record.exc_info[1], said=record.getMessage())
        elif record.levelno >= logging.ERROR:
            log.error("library.said", said=record.getMessage())
        elif record.levelno >= logging.WARNING:
            log.warning("library.said", said=record.getMessage())
        else:
            log.debug("library.said", said=record.getMessage())


@contextlib.contextmanager
def asyncio_failures(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """What nobody was there to catch: an exception in a callback, or in a task that nobody awaits."""

    def failed(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        task = context.get("task") or context.get("future")
        name = getattr(getattr(task, "get_coro", lambda: None)(), "__qualname__", None)
        error = context.get("exception")
        if error is None:
            LOG.error("loop.complained", said=context.get("message"), task=name)
        else:
            LOG.exception("task.failed" if name else "callback.failed", error, said=context.get("message"), task=name)

    before = loop.get_exception_handler()
    loop.set_exception_handler(failed)
    try:
        yield
    finally:
        loop.set_exception_handler(before)


@contextlib.contextmanager
def interpreter_failures() -> Iterator[None]:
    """In a thread, and where Python can raise nothing, as in ``__del__``."""

    def thread_failed(args: threading.ExceptHookArgs) -> None:
        LOG.exception("thread.failed", args.exc_value, thread=args.thread.name if args.thread else None)

    def not_raised(args: "sys.UnraisableHookArgs") -> None:
        LOG.exception("exception.not_raised", args.exc_value, said=args.err_msg)

    before = threading.excepthook, sys.unraisablehook
    threading.excepthook, sys.unraisablehook = thread_failed, not_raised
    try:
        yield
    finally:
        threading.excepthook, sys.unraisablehook = before


@contextlib.contextmanager
def _twisted() -> Iterator[None]:
    from twisted.logger import ILogObserver, globalLogBeginner, globalLogPublisher

    observer = cast(ILogObserver, twisted_observer())
    globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False)
    try:
        yield
    finally:
        globalLogPublisher.removeObserver(observer)


def twisted_observer() -> Callable[[dict[str, Any]], None]:
    """Its information ('Starting factory') is of use to nobody but us, so it is debugging; and so are Autobahn's warnings, one for each
    peer that vanishes or breaks a rule: a thousand phones that lose their network are no thousand warnings."""
    from twisted.logger import LogLevel, formatEvent

    writes = {LogLevel.warn: Logger.warning, LogLevel.error: Logger.error, LogLevel.critical: Logger.error}

    def observe(event: dict[str, Any]) -> None:
        namespace = str(event.get("log_namespace", "twisted"))
        log = Logger(namespace)
        failure = event.get("log_failure")
        if failure is not None:
            error: BaseException = failure.value
            log.exception("twisted.failed", error.with_traceback(_traceback(failure)), said=formatEvent(event))
        else:
            of_a_peer = namespace.startswith("autobahn.") and event["log_level"] is LogLevel.warn
            write = Logger.debug if of_a_peer else writes.get(event["log_level"], Logger.debug)
            write(log, "twisted.said", said=formatEvent(event))

    return observe


def _traceback(failure: Any) -> TracebackType | None:
    return failure.getTracebackObject()  # type: ignore[no-any-return]
