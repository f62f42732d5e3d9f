"""Sync is proved (STYLE 16): what a device knows, changed by the events that it hears, is what a fresh device is told.

``Device`` does with events what ``protocol/README.md`` asks of a client and nothing else; ``verify_sync`` compares.
"""

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from protocol import commands as wish
from protocol import events as fact
from protocol.events import Frame
from tests.support.house import House
from tests.support.wire import Wire, everything_told, signed_in

Plain = dict[str, Any]


@dataclass
class Talk:
    """A conversation as a device has it: its state but for the last message, rows by seq, cursors, the others' marks."""

    state: Plain
    rows: dict[int, Plain] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    closed: set[int] = field(default_factory=set)
    change: int = 0
    marks: dict[str, tuple[int, int]] = field(default_factory=dict)
    ask_changes: bool = False

    def take(self, row: Plain) -> None:
        there = self.rows.get(row["seq"])
        if row["seq"] not in self.hidden and (there is None or row.get("change", 0) > there.get("change", 0)):
            self.rows[row["seq"]] = row

    def close(self, after: int, up_to: int) -> None:
        self.closed.update(range(after + 1, up_to + 1))

    @property
    def holes(self) -> list[int]:
        return [seq for seq in range(1, self.state.get("seq", 0) + 1) if seq not in self.closed]

    def counts(self, row: Plain) -> bool:
        return bool(row.get("body", {}).get("kind") != "note")

    def seen(self) -> Plain:
        """What a person sees of it."""
        marks = {member: tuple(self._beyond_own(member, mark) for mark in both) for member, both in self.marks.items()}
        last = max((seq for seq in self.rows if seq > self.state.get("seq", 0) - 20), default=None)
        return {"state": self.state, "rows": self.rows, "hidden": self.hidden, "marks": marks, "last": self.rows.get(last or 0)}

    def _beyond_own(self, member: str, mark: int) -> int:
        """A mark right before own messages or notes says the same as one behind them."""
        while (row := self.rows.get(mark + 1)) is not None and (row["sender"] == member or not self.counts(row)):
            mark += 1
        return mark


class Device:
    """What one device of a member knows."""

    def __init__(self, wire: Wire, member: str) -> None:
        self.wire = wire
        self.member = member
        self.talks: dict[str, Talk] = {}
        self.favourites: list[Plain] = []
        self.contacts: dict[str, Plain] = {}
        self.contact_groups: dict[str, Plain] = {}
        self.contacts_token = ""
        self._asks_contacts = False
        self.token = ""

    # ---- a fresh one

    @classmethod
    async def fresh(cls, wire: Wire, member: str) -> "Device":
        """All that a new device is told: states, every message, every change, marks, favourites."""
        device = cls(wire, member)
        await device.sync()
        await device.fetch()
        return device

    async def sync(self, token: str = "") -> None:
        for page in await self.wire.sync(token):
            for state in page.conversations:
                self._state(self.wire.plain(state))
            self.token = page.token or self.token

    async def fetch(self) -> None:
        """Fill every hole."""
        for name, talk in self.talks.items():
            while holes := talk.holes:
                await self._history(name, talk, holes[0] - 1)
            while talk.change < talk.state.get("change", 0) or talk.ask_changes:
                await self._changes(name, talk)
            page = await self.wire.ask(wish.GetMarks, conversation=name)
            talk.marks = {one.member: (one.delivered, one.read) for one in page.marks}
        await self._fetch_favourites()
        await self._fetch_contacts()

    async def _history(self, name: str, talk: Talk, after: int) -> None:
        page = self.wire.plain(await self.wire.ask(wish.History, conversation=name, after=after))
        assert page["up_to"] > after, f"a hole that nobody can close: {page}"
        named = {row["seq"] for row in page["messages"]}
        for gap in page.get("skipped", []):
            named.update(range(gap["first"], gap["last"] + 1))
        assert named == set(range(after + 1, page["up_to"] + 1)), "a page names each of its seqs"
        for row in page["messages"]:
            talk.take(row)
        talk.close(after, page["up_to"])

    async def _changes(self, name: str, talk: Talk) -> None:
        page = self.wire.plain(await self.wire.ask(wish.Changes, conversation=name, after=talk.change))
        for row in page["messages"]:
            talk.take(row)
        talk.hidden.update(page.get("hidden", []))
        for seq in talk.hidden:
            talk.rows.pop(seq, None)
        talk.change = page["up_to"]
        talk.ask_changes = bool(page.get("more"))

    async def _fetch_favourites(self) -> None:
        page = self.wire.plain(await self.wire.ask(wish.ListFavourites))
        self.favourites = page["favourites"]

    async def _fetch_contacts(self) -> None:
        """What is new since the last time."""
        token, page = self.contacts_token, ""
        while True:
            got = self.wire.plain(await self.wire.ask(wish.GetContacts, token=token, page=page))
            if got.get("snapshot") and not page:
                self.contacts, self.contact_groups = {}, {}
            for kept, rows, name in ((self.contacts, got["contacts"], "member"), (self.contact_groups, got.get("groups", []), "group")):
                for row in rows:
                    kept[row[name]] = row
                    if row.get("gone"):
                        del kept[row[name]]
            page = got.get("page", "")
            if not page:
                self.contacts_token = got["token"]
                break
        self._asks_contacts = False

    # ---- events

    async def apply(self, heard: Sequence[Frame]) -> None:
        for event in heard:
            getattr(self, f"_{event.__struct_config__.tag}")(self.wire.plain(event))
        if self._asks_contacts:
            await self._fetch_contacts()
        new = [talk for talk in self.talks.values() if not talk.marks]
        for name, talk in self.talks.items():
            if talk in new or talk.holes or talk.ask_changes or talk.change < talk.state.get("change", 0):
                while holes := talk.holes:
                    await self._history(name, talk, holes[0] - 1)
                if talk.ask_changes or talk.change < talk.state.get("change", 0):
                    await self._changes(name, talk)
                if talk in new:
                    page = await self.wire.ask(wish.GetMarks, conversation=name)
                    talk.marks = {one.member: (one.delivered, one.read) for one in page.marks}

    def _state(self, state: Plain) -> None:
        state = {name: value for name, value in state.items() if name != "last"}
        talk = self.talks.setdefault(state["conversation"], Talk(state))
        if state.get("hidden", 0) != talk.state.get("hidden", 0) or state.get("hidden") or state.get("ended"):
            talk.ask_changes = True
        talk.state = state

    def _conversation_changed(self, event: Plain) -> None:
        self._state(event["state"])

    def _messages(self, event: Plain) -> None:
        talk = self.talks[event["conversation"]]
        for row in event["messages"]:
            assert event["after"] < row["seq"] <= event["up_to"]
            if row["seq"] not in talk.rows and row["seq"] > talk.state["seq"]:
                self._count(talk, row)
            talk.take(row)
            self._note(talk, row)
        talk.close(event["after"], event["up_to"])
        talk.state["seq"] = max(talk.state["seq"], event["up_to"])

    def _count(self, talk: Talk, row: Plain) -> None:
        """Count along until the server's own counts come."""
        if not talk.counts(row):
            return
        body = row.get("body", {})
        talk.state["unread"] = talk.state.get("unread", 0) + 1
        named = self.member in body.get("mentions", []) and talk.state["kind"] != "direct"
        if named or body.get("mention_all"):
            talk.state["unread_mentions"] = talk.state.get("unread_mentions", 0) + 1

    def _note(self, talk: Talk, row: Plain) -> None:
        body = row.get("body", {})
        for member in body.get("members", []) if body.get("kind") == "note" else []:
            if body["what"] == "joined" and member != self.member:
                talk.marks[member] = (row["seq"] - 1, row["seq"] - 1)
            elif body["what"] in ("left", "removed"):
                talk.marks.pop(member, None)

    def _messages_changed(self, event: Plain) -> None:
        talk = self.talks[event["conversation"]]
        for row in event["messages"]:
            assert event["after"] < row["change"] <= event["up_to"]
            talk.take(row)
        if event["after"] <= talk.change:
            talk.change = max(talk.change, event["up_to"])
        talk.state["change"] = max(talk.state["change"], event["up_to"])

    def _messages_hidden(self, event: Plain) -> None:
        talk = self.talks[event["conversation"]]
        talk.hidden.update(event["seqs"])
        for seq in event["seqs"]:
            talk.rows.pop(seq, None)
        talk.state["hidden"] = event["up_to"]

    def _left(self, event: Plain) -> None:
        talk = self.talks[event["conversation"]]
        talk.state |= {"ended": True, "seq": event["seq"], "change": event["change"]}
        talk.marks = {}
        talk.ask_changes = True

    def _own_marks(self, event: Plain) -> None:
        state = self.talks[event["conversation"]].state
        for name in ("read", "delivered", "unread", "unread_mentions", "marked_unread"):
            state.pop(name, None)
            if event.get(name):
                state[name] = event[name]

    def _marks_moved(self, event: Plain) -> None:
        talk = self.talks[event["conversation"]]
        for one in event["marks"]:
            delivered, read = talk.marks.get(one["member"], (0, 0))
            talk.marks[one["member"]] = (max(delivered, one.get("delivered", 0)), max(read, one.get("read", 0)))

    def _favourites_changed(self, event: Plain) -> None:
        self.favourites = [{"stale": True}]

    def _contacts_changed(self, event: Plain) -> None:
        self._asks_contacts = True

    def _profile_changed(self, event: Plain) -> None:
        """Asked again when it is shown."""
        for talk in self.talks.values():
            if talk.state.get("peer") == event["member"]:
                talk.state.pop("peer_state", None)
                talk.state |= {"peer_state": event["state"]} if "state" in event else {}

    def _sync_token(self, event: Plain) -> None:
        self.token = event["token"]

    def seen(self) -> Plain:
        inside = {
            name: [entry for entry in row.get("groups", []) if entry[0] in self.contact_groups] for name, row in self.contacts.items()
        }
        contacts = {name: {**row, "groups": inside[name]} for name, row in self.contacts.items()}
        return {
            "talks": {name: talk.seen() for name, talk in self.talks.items()},
            "favourites": self.favourites,
            "contacts": [contacts, self.contact_groups],
        }


async def verify_sync(house: House, action: Callable[[], Awaitable[object]], *watchers: str) -> set[str]:
    """Every watcher's device that heard the events of ``action`` knows what a fresh device of his is told.

    Gives those for whom something changed, and fails where that is nobody.
    """
    changed: set[str] = set()
    async with contextlib.AsyncExitStack() as stack:
        devices = {name: await _device(stack, house, name, "json") for name in watchers}
        before = {name: await _fresh(house, name) for name in watchers}
        for name, device in devices.items():
            assert device.seen() == before[name], "two fresh devices are told the same"
            device.wire.events.clear()
        await action()
        await everything_told(house, *(device.wire for device in devices.values()))
        for name, device in devices.items():
            await device.apply(device.wire.events)
            if device.favourites == [{"stale": True}]:
                await device._fetch_favourites()
            now = await _fresh(house, name)
            assert device.seen() == now, f"{name}: heard {device.wire.events}"
            if now != before[name]:
                changed.add(name)
    assert changed, "nothing changed for anybody"
    return changed


async def _device(stack: contextlib.AsyncExitStack, house: House, name: str, codec: str) -> Device:
    wire = await stack.enter_async_context(signed_in(house, name, codec, live=False))
    return await Device.fresh(wire, house.people[name].member)


async def _fresh(house: House, name: str) -> Plain:
    async with contextlib.AsyncExitStack() as stack:
        device = await _device(stack, house, name, "msgpack")
        _says_its_last_message(device)
        return device.seen()


def _says_its_last_message(device: Device) -> None:
    """The last message that a state shows is the one that its rows end with."""
    for frame in device.wire.heard:
        if isinstance(frame, fact.SyncPage):
            for state in frame.conversations:
                shown = None if state.last is None else device.wire.plain(state.last)
                assert shown == device.talks[state.conversation].seen()["last"]
