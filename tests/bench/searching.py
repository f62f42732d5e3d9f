"""Members of a company of 100,000 search in it, one after the other; before that, each is checked to be told only whom he may find.

The first search makes the index of the company: its time is ``first_seconds``, and no part of the windows.
"""

import itertools
import time
from collections.abc import Iterator
from typing import Any

import msgspec
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.bench import load_program, staff
from tests.bench.organisation import Organisations
from tests.bench.stage import LOAD_CORE, Performed, Stage

LISTED = 50
QUICK = 6
"""Searchers who are checked in a quick run."""


class NotForHim(Exception):
    """A searcher was told of somebody whom he may not find, or was not told of one whom he may."""


def perform(stage: Stage) -> Performed:
    """Raises: NotForHim."""
    assert isinstance(stage.made, Organisations)
    first, found = _checked(stage, stage.made)
    queries = stage.folder / "queries"
    queries.write_text("\n".join(staff.QUERIES) + "\n")
    *windows, end = load_program.run(stage.program, LOAD_CORE, **stage.options, queries=queries)
    more = {"first_seconds": round(first, 2), "checked": found, "queries": len(staff.QUERIES), "members": staff.SEARCHED.people}
    return Performed(windows, end, more)


def _checked(stage: Stage, made: Organisations) -> tuple[float, int]:
    """Seconds of the first search, and how many people were told in all."""
    places = {member: nth for nth, member in enumerate(made.searched.members)}
    first, found = 0.0, 0
    searchers = list(zip(made.searched.tokens, staff.searchers(), strict=True))
    for token, (_, within) in searchers[: QUICK if stage.wishes.is_quick else None]:
        with _Client(stage.server.port, token) as client:
            began = time.monotonic()
            for query in staff.QUERIES:
                told = [places[one[0]] for one in client.search(query)["members"]]
                first = first or time.monotonic() - began
                wrong = [nth for nth in told if staff.is_concealed(nth) or within not in (None, staff.branch(nth))]
                if wrong:
                    raise NotForHim(f"{query}: {wrong}, of whom one in {within} may find none")
                found += len(told)
            _check_one_by_one(client, made, within)
    return first, found


def _check_one_by_one(client: "_Client", made: Organisations, within: int | None) -> None:
    """By the account number there is one, or nobody."""
    for nth in (*range(1, 12), staff.HIDDEN_EACH, 2 * staff.HIDDEN_EACH, staff.SEARCHED.leaves - 1):
        may = not staff.is_concealed(nth) and within in (None, staff.branch(nth))
        told = [one[0] for one in client.search(made.searched.numbers[nth])["members"]]
        if (made.searched.members[nth] in told) != may:
            raise NotForHim(f"{made.searched.numbers[nth]}, for one in {within}: {told}")


class _Client:
    """One connection, one command at a time."""

    def __init__(self, port: int, token: str) -> None:
        self._requests: Iterator[int] = itertools.count(1)
        self._socket: ClientConnection = connect(
            f"ws://127.0.0.1:{port}/ws", subprotocols=[Subprotocol("yizhan.v1.msgpack")], compression=None, proxy=None
        )
        self._ask(type="hello", version=1, client="bench/1.0", language="en")
        self._ask(type="resume", token=token)

    def __enter__(self) -> "_Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def search(self, query: str) -> dict[str, Any]:
        return self._ask(type="search_members", query=query, limit=LISTED)

    def _ask(self, **command: object) -> dict[str, Any]:
        request = next(self._requests)
        self._socket.send(msgspec.msgpack.encode({**command, "request": request}))
        while True:
            said = self._socket.recv()
            assert isinstance(said, bytes)
            answer: dict[str, Any] = msgspec.msgpack.decode(said)
            if answer.get("request") == request:
                if answer["type"] == "error":
                    raise NotForHim(f"{command}: {answer}")
                return answer
