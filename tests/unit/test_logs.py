import asyncio
import gc
import io
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog
from twisted.logger import Logger as TwistedLogger
from twisted.logger import LogPublisher
from twisted.python.failure import Failure

from protocol.errors import NotSignedIn
from server import bridges
from server.clock import ManualClock
from server.config.model import Log as Settings
from server.logs import REDACTED, Logger, about, configure

NEW_YEAR = 1_767_225_600_000
LOG = Logger("tests")


class Lines(io.StringIO):
    """The stream that the log goes to."""

    def all(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(line) for line in self.getvalue().splitlines()]

    def only(self) -> dict[str, Any]:
        (line,) = self.all()
        return line


@pytest.fixture
def lines() -> Iterator[Lines]:
    stream = Lines()
    configure(Settings(), ManualClock(NEW_YEAR), stream)
    yield stream
    structlog.reset_defaults()


def test_an_event_is_one_line_of_json_with_time_level_and_origin(lines: Lines) -> None:
    LOG.info("server.started", port=8800)
    start = '{"time":"2026-01-01T00:00:00.000Z","level":"info","event":"server.started"'
    assert lines.getvalue() == start + ',"logger":"tests","port":8800}\n'


def test_a_text_with_line_ends_stays_on_its_line(lines: Lines) -> None:
    LOG.warning("peer.said", said="one\ntwo")
    assert lines.only()["said"] == "one\ntwo"


def test_what_is_less_important_than_the_level_is_left_out(lines: Lines) -> None:
    configure(Settings(level="warning"), ManualClock(), lines)
    LOG.debug("a")
    LOG.info("b")
    LOG.warning("c")
    LOG.error("d")
    assert [line["event"] for line in lines.all()] == ["c", "d"]


def test_lines_carry_the_ids_of_their_request_and_connection(lines: Lines) -> None:
    log = LOG.bind(connection="c7")
    with about(request="r1"):
        with about(node="n2"):
            log.info("inner")
        log.info("outer")
    log.info("after")
    ids = [{key: line.get(key) for key in ("connection", "request", "node")} for line in lines.all()]
    assert ids == [
        {"connection": "c7", "request": "r1", "node": "n2"},
        {"connection": "c7", "request": "r1", "node": None},
        {"connection": "c7", "request": None, "node": None},
    ]


async def test_two_tasks_do_not_mix_their_ids(lines: Lines) -> None:
    both = asyncio.Barrier(2)

    async def work(request: str) -> None:
        with about(request=request):
            await both.wait()
            LOG.info("worked", mine=request)

    await asyncio.gather(work("r1"), work("r2"))
    assert {(line["request"], line["mine"]) for line in lines.all()} == {("r1", "r1"), ("r2", "r2")}


@pytest.mark.parametrize(
    "key", ["password", "new_password", "passwords", "code", "token", "session_token", "body", "text", "login", "login_name", "Cookie"]
)
def test_what_its_name_calls_secret_is_not_shown_at_any_depth(lines: Lines, key: str) -> None:
    LOG.info("tried", **{key: "lotus"}, deep={"list": [{key: "lotus"}]})
    assert "lotus" not in lines.getvalue()
    assert lines.only()[key] == REDACTED


@pytest.mark.parametrize("key", ["error_code", "close_code", "text_bytes", "body_kind", "member"])
def test_what_only_sounds_secret_is_shown(lines: Lines, key: str) -> None:
    LOG.info("tried", **{key: 7})
    assert lines.only()[key] == 7


class Sentence(msgspec.Struct):
    words: str


def test_of_objects_and_bytes_only_the_kind_is_shown(lines: Lines) -> None:
    LOG.info("got", frame=Sentence("lotus"), raw=b"lotus", error=NotSignedIn(), path=Path("/srv"), many=[Sentence("lotus"), 1])
    line = lines.only()
    assert (line["frame"], line["raw"], line["many"]) == ("<Sentence>", "<5 bytes>", ["<Sentence>", 1])
    assert (line["error"], line["path"]) == ("session.not_signed_in", "/srv")


def test_a_fault_comes_with_its_traceback_and_without_local_variables(lines: Lines) -> None:
    word = "".join(["lo", "tus"])  # not in the source line that a traceback shows
    for settings in (Settings(format="json"), Settings(format="console")):
        configure(settings, ManualClock(), lines)
        try:
            _fail(word)
        except ZeroDivisionError:
            LOG.exception("act.failed")
    assert "ZeroDivisionError" in lines.getvalue().splitlines()[0]
    assert lines.getvalue().count("in _fail") == 2
    assert "lotus" not in lines.getvalue()


def _fail(secret_word: str) -> float:
    return len(secret_word) / 0


def test_people_get_lines_without_json(lines: Lines) -> None:
    configure(Settings(format="console"), ManualClock(NEW_YEAR), lines)
    LOG.info("server.started", port=8800)
    assert lines.getvalue().split() == ["2026-01-01T00:00:00.000Z", "[info", "]", "server.started", "[tests]", "port=8800"]


def test_before_anything_is_configured_warnings_reach_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.reset_defaults()
    LOG.info("quiet")
    LOG.warning("loud")
    structlog.reset_defaults()
    out, err = capsys.readouterr()
    assert out == ""
    assert msgspec.json.decode(err)["event"] == "loud"


def test_the_standard_library_and_its_warnings_write_into_our_log(lines: Lines) -> None:
    with bridges.standard_library(), warnings.catch_warnings():
        warnings.simplefilter("default")
        logging.getLogger("uvicorn.error").warning("port %d", 8801)
        logging.getLogger("alembic.runtime").info("Running upgrade")
        logging.getLogger("somebody").info("hello")
        logging.getLogger("asyncio").error("slow", exc_info=ValueError("wrong"))
        logging.captureWarnings(True)  # catch_warnings took the place of the one that was there
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    found = [(line["logger"], line["level"], line["said"].split("\n")[0]) for line in lines.all()]
    assert found[:2] == [("uvicorn.error", "warning", "port 8801"), ("asyncio", "error", "slow")], "migrations are for who debugs"
    assert "ValueError: wrong" in lines.all()[1]["exception"]
    assert found[2][:2] == ("py.warnings", "warning")


async def _break() -> None:
    raise ValueError("wrong")


async def test_a_task_that_nobody_awaits_reports_its_failure_as_an_event(lines: Lines) -> None:
    loop = asyncio.get_running_loop()
    with bridges.asyncio_failures(loop):
        task = loop.create_task(_break())
        await asyncio.wait([task])
        del task
        gc.collect()
    line = lines.only()
    assert (line["event"], line["task"]) == ("task.failed", "_break")
    assert "ValueError: wrong" in line["exception"]


async def test_a_callback_that_fails_is_an_event_too(lines: Lines) -> None:
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    with bridges.asyncio_failures(loop):
        loop.call_soon(_divide)
        loop.call_soon(done.set)
        await done.wait()
        loop.call_exception_handler({"message": "a socket was forgotten"})
    failed, complained = lines.all()
    assert (failed["event"], complained["event"]) == ("callback.failed", "loop.complained")
    assert complained["said"] == "a socket was forgotten"


def _divide() -> None:
    _fail("")


class Stubborn:
    def __del__(self) -> None:
        _fail("")


def test_a_failing_thread_and_a_failing_finalizer_are_events(lines: Lines) -> None:
    with bridges.interpreter_failures():
        thread = threading.Thread(target=_divide, name="sealer")
        thread.start()
        thread.join()
        Stubborn()
        gc.collect()
    first, second = lines.all()
    assert (first["event"], first["thread"], second["event"]) == ("thread.failed", "sealer", "exception.not_raised")


def test_what_ends_the_process_is_in_the_log_unless_it_was_foreseen(lines: Lines) -> None:
    with pytest.raises(NotSignedIn), bridges.crash():
        raise NotSignedIn
    assert lines.all() == []
    with pytest.raises(ZeroDivisionError), bridges.crash():
        _divide()
    assert lines.only()["event"] == "process.failed"
    assert "in _divide" in lines.only()["exception"]


@pytest.mark.parametrize(
    ("speak", "level"),
    [(TwistedLogger.warn, "warning"), (TwistedLogger.error, "error"), (TwistedLogger.critical, "error"), (TwistedLogger.info, "debug")],
)
def test_twisted_writes_into_our_log(lines: Lines, speak: Callable[..., None], level: str) -> None:
    configure(Settings(level="debug"), ManualClock(), lines)
    speak(TwistedLogger("autobahn", observer=LogPublisher(bridges.twisted_observer())), "{count} left", count=3)  # type: ignore[arg-type]
    line = lines.only()
    assert (line["logger"], line["level"], line["said"]) == ("autobahn", level, "3 left")


def test_a_peer_that_vanishes_is_no_warning(lines: Lines) -> None:
    configure(Settings(level="debug"), ManualClock(), lines)
    logger = TwistedLogger("autobahn.websocket.protocol", observer=LogPublisher(bridges.twisted_observer()))  # type: ignore[arg-type]
    logger.warn("dropping connection to peer {peer}", peer="tcp4:127.0.0.1:9")
    assert lines.only()["level"] == "debug"


def test_a_failure_of_twisted_comes_with_its_traceback(lines: Lines) -> None:
    logger = TwistedLogger("autobahn", observer=LogPublisher(bridges.twisted_observer()))  # type: ignore[arg-type]
    try:
        _divide()
    except ZeroDivisionError:
        logger.failure("Unhandled error in Deferred", failure=Failure())
    line = lines.only()
    assert (line["event"], line["said"]) == ("twisted.failed", "Unhandled error in Deferred")
    assert "in _divide" in line["exception"]


def test_lines_go_to_what_standard_error_is_when_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    before = io.StringIO()
    monkeypatch.setattr(sys, "stderr", before)
    configure(Settings(format="json"), ManualClock())
    before.close()
    now = io.StringIO()
    monkeypatch.setattr(sys, "stderr", now)
    try:
        Logger("test").warning("something.happened")
    finally:
        structlog.reset_defaults()
    assert "something.happened" in now.getvalue()
