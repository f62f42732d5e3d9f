"""Random histories of hand-out, tokens and sync on two nodes: every device holds in the end exactly what it may see (LOG D, E, F).

Each rule is seen to matter: with a fault planted in its place some history breaks.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from protocol.events import ConversationChanged, Left, MessagesChanged, SyncToken
from server.conversations.states import State, on_wire
from server.delivery import telling
from server.delivery.hand_out import HandOut
from server.delivery.items import Item
from server.delivery.online import Online
from server.delivery.stays import Entry, Viewer
from server.delivery.telling import Telling
from server.delivery.wire import Shared
from server.gateway.connection import Connection
from server.messages.rules import Page
from server.messages.service import MessageService
from server.sync.service import SyncService
from storage import feed, heads
from tests.support.histories import database_folder, try_histories

HISTORIES = 150
ENOUGH = 2000  # until it is found; the rarest one takes some 150 on average
FIRST = 20_260_101
Patch = pytest.MonkeyPatch


@pytest.fixture
def in_memory(migrated_sqlite: Path, tmp_path: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir=database_folder(tmp_path), prefix="yizhan-") as folder:
        shutil.copyfile(migrated_sqlite, Path(folder, "yizhan.sqlite"))
        yield f"sqlite:///{folder}/yizhan.sqlite"


async def test_every_history_ends_with_everybody_holding_what_he_may_see(in_memory: str) -> None:
    assert await try_histories(in_memory, range(FIRST, FIRST + HISTORIES)) is None


async def test_they_do_on_postgresql_too(fresh_postgres: str) -> None:
    assert await try_histories(fresh_postgres, range(FIRST, FIRST + HISTORIES // 5)) is None


async def test_they_do_where_every_position_is_told_in_slices(in_memory: str, monkeypatch: Patch) -> None:
    """DESIGN 5.4: one connection in each turn of the loop."""
    monkeypatch.setattr(telling, "SLICE", 1)
    sliced = 0
    slices = Telling.slices

    def counted(self: Telling, item: Item, read: Any) -> Iterator[None]:
        nonlocal sliced
        for _ in slices(self, item, read):
            sliced += 1
            yield

    monkeypatch.setattr(Telling, "slices", counted)
    assert await try_histories(in_memory, range(FIRST, FIRST + HISTORIES)) is None
    assert sliced > HISTORIES


# ---- faults, each in the place of a rule


def whatever_comes_first(patch: Patch) -> None:
    """F1: positions in the order in which they are heard of."""

    def arrived(self: HandOut, item: Item) -> None:
        if item.position not in self._early:
            self._early[item.position] = item
            self._queue.append(item)
            self.known = max(self.known, item.position)

    patch.setattr(HandOut, "_arrived", arrived)


def ended_stays_forgotten(patch: Patch) -> None:
    """F1: a conversation is loaded with its open stays alone."""
    init = Entry.__init__

    def forgetful(self: Entry, at: int, open: dict[int, int], ended: Any = ()) -> None:
        init(self, at, open)

    patch.setattr(Entry, "__init__", forgetful)


def loaded_as_if_of_the_position(patch: Patch) -> None:
    """F1: what was loaded is taken for the stays at the position that it was loaded for, and membership is applied once more."""

    def apply(self: Entry, position: int, joined: list[tuple[int, int]], left: list[tuple[int, int]]) -> None:
        for member, from_seq in joined:
            self.open[member] = from_seq
        for member, _ in left:
            self.open.pop(member, None)

    patch.setattr(Entry, "apply", apply)


def membership_not_applied(patch: Patch) -> None:
    """F1: the stays in memory are those of when they were loaded."""
    patch.setattr(Entry, "apply", lambda self, position, joined, left: None)


def joins_after_the_pages(patch: Patch) -> None:
    """F2: the hand-out is joined when the heads were read."""
    follow, go_live = Online.follow, Connection.go_live
    waiting: dict[Any, Online] = {}

    def live(self: Connection) -> None:
        follow(waiting.pop(self), self)
        go_live(self)

    patch.setattr(Online, "follow", lambda self, receiver: waiting.__setitem__(receiver, self))
    patch.setattr(Connection, "go_live", live)


def dropped_while_it_catches_up(patch: Patch) -> None:
    """F2: events do not wait behind the last page."""
    give = Connection.give
    patch.setattr(Connection, "give", lambda self, wire: give(self, wire) if self.live else None)


def a_range_that_claims_too_much(patch: Patch) -> None:
    """F3: an event of changes closes everything below it."""
    event = telling._changes_event

    def claiming(moved: Any, rows: Any, stays: Any) -> Shared:
        told = event(moved, rows, stays)

        def build(codec: Any) -> Any:
            made: Any = told._build(codec)
            return MessagesChanged(conversation=made.conversation, after=0, up_to=made.up_to, messages=made.messages)

        return Shared(build)

    patch.setattr(telling, "_changes_event", claiming)


def an_older_page_of_changes_closes_all(patch: Patch) -> None:
    """F3: a page of changes that was cut says that it was not."""
    changes = MessageService.changes

    async def uncut(self: MessageService, *arguments: Any, **more: Any) -> Any:
        found = await changes(self, *arguments, **more)
        return found.__class__(found.rows, found.who.change, False, found.who, found.hidden, found.hidden_up_to)

    patch.setattr(MessageService, "changes", uncut)


def nothing_is_named_as_skipped(patch: Patch) -> None:
    """F4: a page leaves out what may not be seen without a word."""
    patch.setattr(Page, "skipped", property(lambda self: []))


def the_leaver_is_not_told(patch: Patch) -> None:
    """F4: no event of the leaving."""
    shared = Shared.of

    def of(event: Any) -> Any:
        if isinstance(event, Left):
            return Shared(lambda codec: SyncToken(token=""))
        return shared(event)

    patch.setattr(Shared, "of", of)


def the_joiner_is_not_told_the_change(patch: Patch) -> None:
    """F4: with his joining he does not hear how far the conversation's changes are."""

    def state_changed(state: State) -> Shared:
        def build(codec: Any) -> Any:
            made: Any = on_wire(state, codec)
            return ConversationChanged(
                state=made.__class__(**{name: getattr(made, name) for name in made.__struct_fields__} | {"change": 0})
            )

        return Shared(build)

    patch.setattr(telling, "_state_changed", state_changed)


def told_after_the_end(patch: Patch) -> None:
    """F4: changes go to who once was in it, too."""
    viewers = Telling._viewers

    def present(self: Telling, entry: Entry, moved: Any) -> Any:
        there = viewers(self, entry, moved.seq, moved.seq)
        seen = {one.member for one in there}
        return [*there, *(Viewer(member, 1, None) for member in self._online.members if member not in seen)]

    patch.setattr(Telling, "_present", present)


def places_of_marks_forgotten(patch: Patch) -> None:
    """E1: what is new is asked of the conversations alone, not of one's own rows."""
    _without(patch, "marks.place > :since")


def places_of_conversations_forgotten(patch: Patch) -> None:
    """E1: what is new is asked of one's own rows alone."""
    _without(patch, "conversations.place > :since")


def _without(patch: Patch, condition: str) -> None:
    assert condition in heads.SINCE.named
    patch.setattr(heads.SINCE, "named", heads.SINCE.named.replace(condition, "0"))


def the_token_is_ahead_of_the_queue(patch: Patch) -> None:
    """E3: the token is the newest position that is known, not the newest that was told."""
    tell_tokens = HandOut.tell_tokens

    def ahead(self: HandOut) -> None:
        applied, self.applied = self.applied, max(self.known, self.applied)
        tell_tokens(self)
        self.applied = applied

    patch.setattr(HandOut, "tell_tokens", ahead)


def the_token_of_the_last_page(patch: Patch) -> None:
    """E3: the token is the position that the last page saw, not the first."""
    one_page = SyncService.page

    async def page(self: SyncService, company: int, member: int, token: str, page: str) -> Any:
        answer = await one_page(self, company, member, token, page)
        head: int = await self._storage.read(lambda read: read.value(feed.HEAD))
        return answer if answer.page else answer.__class__(answer.states, "", self._seal.token(head), answer.snapshot)

    patch.setattr(SyncService, "page", page)


FAULTS: list[Callable[[Patch], None]] = [
    whatever_comes_first,
    ended_stays_forgotten,
    loaded_as_if_of_the_position,
    membership_not_applied,
    joins_after_the_pages,
    dropped_while_it_catches_up,
    a_range_that_claims_too_much,
    an_older_page_of_changes_closes_all,
    nothing_is_named_as_skipped,
    the_leaver_is_not_told,
    the_joiner_is_not_told_the_change,
    told_after_the_end,
    places_of_marks_forgotten,
    places_of_conversations_forgotten,
    the_token_is_ahead_of_the_queue,
    the_token_of_the_last_page,
]


OFTEN: dict[Callable[[Patch], None], tuple[str, ...]] = {
    a_range_that_claims_too_much: ("change_from_elsewhere", "hear", "blink"),
    an_older_page_of_changes_closes_all: ("change_from_elsewhere", "hear", "blink"),
    the_joiner_is_not_told_the_change: ("hear",),
    the_token_is_ahead_of_the_queue: ("leave_with_a_token", "send", "come"),
    the_token_of_the_last_page: ("come_and_go", "send"),
}
"""What has to happen more often for a fault to show soon."""


@pytest.mark.timeout(240)  # the rarest takes some ten seconds on average, now and then four times as long
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_a_planted_fault_breaks_some_history(in_memory: str, monkeypatch: Patch, fault: Callable[[Patch], None]) -> None:
    fault(monkeypatch)
    found = await try_histories(in_memory, range(FIRST, FIRST + ENOUGH), often=OFTEN.get(fault, ()))
    assert found is not None, f"{ENOUGH} histories hold without the rule"
    print(f"seed {found[0]}: {found[1]}")
