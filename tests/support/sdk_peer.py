"""A small server to try the SDK's core against: the rules of LOG as plain values, with every delay and cut in the test's hand.

It is written on the ideas of the executable model of the log, for the client's side of it: one order of positions, hand-out behind the
commits, answers that take their time, sync pages read while others write. Nothing here is the product's server.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from yizhan._protocol import commands, limits
from yizhan._protocol import events as wire
from yizhan._protocol.codec import Codec

CONVERSATIONS = ("lunch-----", "work------")
ANNA, BEN, CARL = MEMBERS = ("anna------", "ben-------", "carl------")
PAGE = 2  # of changes; of sync it is one conversation


class Close(msgspec.Struct, frozen=True):
    """In the line of frames: here the server closes the connection."""

    code: int


class Row:
    def __init__(self, seq: int, sender: str, id: str, body: Any) -> None:
        self.seq, self.sender, self.id, self.body = seq, sender, id, body
        self.version, self.change, self.recalled = 1, 0, False
        self.hearts: tuple[str, ...] = ()
        self.versions: dict[int, Any] = {}


class Room:
    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: list[Row] = []
        self.change = self.place = 0
        self.stays: dict[str, list[list[int]]] = {}  # [from, to]; to 0: open
        self.ends: dict[str, tuple[int, int]] = {}  # the heads when the last stay ended
        self.hidden: dict[str, list[int]] = {member: [] for member in MEMBERS}
        self.places: dict[str, int] = {}
        self.muted: set[str] = set()
        self.ids: dict[tuple[str, str], int] = {}
        self.due: dict[tuple[str, int], int] = {}  # the last change of a message while its viewer was there

    def is_in(self, member: str) -> bool:
        return any(not to for _, to in self.stays.get(member, ()))

    def holds(self, member: str, seq: int) -> bool:
        return any(first <= seq and (not to or seq <= to) for first, to in self.stays.get(member, ()))

    def may_see(self, member: str) -> list[Row]:
        return [row for row in self.rows if self.holds(member, row.seq) and row.seq not in self.hidden[member]]


class Line:
    """One connection as the server has it. ``to_server`` and ``to_device`` are what is on its way."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.member = ""
        self.to_server: deque[bytes] = deque()
        self.to_device: deque[bytes | Close] = deque()
        self.slow: deque[wire.Frame] = deque()  # answers that were read from the database and are not written yet
        self.behind: list[wire.Frame] = []  # live events behind the last page of heads (LOG F2)
        self.pages: list[Room] = []
        self.sync_token = ""
        self.snapshot = False
        self.has_joined = self.is_live = self.is_deaf = False
        self.is_open = True

    def say(self, frame: wire.Frame) -> None:
        self.to_device.append(self.codec.encode(frame))

    def tell(self, frame: wire.Frame) -> None:
        if self.is_live:
            self.say(frame)
        else:
            self.behind.append(frame)


Entry = tuple[Line, commands.Command]


class Peer:
    """``take``, ``write``, ``apply``, ``arrive`` each do one step of what a server does at once."""

    def __init__(self) -> None:
        self.rooms = {name: Room(name) for name in CONVERSATIONS}
        self.epoch = 1
        self.feed: list[dict[str, Any]] = []
        self.applied = 0
        self.lines: list[Line] = []
        self.inbox: list[Entry] = []
        self.ghosts: list[Entry] = []
        self.sessions: dict[str, str] = {}
        self.refused: set[str] = set()  # ids of which an attempt was refused, also if the answer was lost
        for room in self.rooms.values():
            for member in (ANNA, BEN):
                self.commit(room, partial(self.join, member=member))
        self.applied = len(self.feed)

    # ---- the log

    def commit(self, room: Room, act: Callable[[Room], object]) -> None:
        """One position: what it changed, and who was there."""
        before = (len(room.rows), room.change)
        item: dict[str, Any] = {"room": room, "joined": [], "left": [], "hidden": []}
        self._item = item
        act(room)
        item |= {"seqs": (before[0], len(room.rows)), "changes": (before[1], room.change)}
        item["there"] = [member for member in MEMBERS if room.is_in(member)]
        if before == (len(room.rows), room.change) and not item["hidden"]:
            return
        self.feed.append(item)
        room.place = len(self.feed)
        for member in (*item["joined"], *item["left"], *(member for member, _ in item["hidden"])):
            room.places[member] = len(self.feed)

    def append(self, room: Room, sender: str, id: str, body: Any) -> int:
        row = Row(len(room.rows) + 1, sender, id, body)
        room.rows.append(row)
        return row.seq

    def change(self, room: Room, row: Row) -> None:
        room.change += 1
        row.change = room.change
        for member in MEMBERS:
            if room.is_in(member) and room.holds(member, row.seq):
                room.due[member, row.seq] = row.change

    def join(self, room: Room, member: str) -> None:
        seq = self.append(room, member, "", {"kind": "note", "what": "joined"})
        room.stays.setdefault(member, []).append([seq, 0])
        self._item["joined"].append(member)

    def leave(self, room: Room, member: str) -> None:
        seq = self.append(room, member, "", {"kind": "note", "what": "left"})
        room.stays[member][-1][1] = seq
        room.ends[member] = (seq, room.change)
        self._item["left"].append(member)

    # ---- frames

    def message(self, line: Line, row: Row) -> wire.Message:
        body: dict[str, Any] = {} if row.recalled else {"body": line.codec.raw(row.body)}
        return wire.Message(
            seq=row.seq,
            sender=row.sender,
            sent_at=row.seq,
            id=row.id,
            change=row.change,
            version=row.version,
            recalled=row.recalled,
            reactions={"♥": row.hearts} if row.hearts else {},
            **body,
        )

    def messages(self, line: Line, rows: list[Row]) -> tuple[wire.Message, ...]:
        return tuple(self.message(line, row) for row in rows)

    def state(self, line: Line, room: Room) -> wire.ConversationState:
        seq, change = (len(room.rows), room.change) if room.is_in(line.member) else room.ends[line.member]
        return wire.ConversationState(
            conversation=room.name,
            kind="group",
            seq=seq,
            change=change,
            ended=not room.is_in(line.member),
            hidden=len(room.hidden[line.member]),
        )

    # ---- what a connection asks

    def connect(self, codec: Codec) -> Line:
        line = Line(codec)
        self.lines.append(line)
        return line

    def take(self, line: Line) -> None:
        """Take the next command of a connection: reads are answered, writes go before the writer."""
        command = line.codec.decode_command(line.to_server.popleft())
        if line.is_deaf:
            return  # frames behind an `unknown` are dropped
        answer = getattr(self, f"_{command.__class__.__name__.lower()}", None)
        if answer is not None:
            answer(line, command)
        elif isinstance(command, commands.Mark):
            line.say(wire.Done(request=command.request))
        else:
            self.inbox.append((line, command))

    def _hello(self, line: Line, command: commands.Hello) -> None:
        line.say(wire.Welcome(request=command.request, version=1, server="peer", time=0))

    def _signinwithtoken(self, line: Line, command: commands.SignInWithToken) -> None:
        if command.token not in MEMBERS:
            return line.say(self._no(command.request, "refused", "sign_in.failed"))
        line.member = command.token
        self.sessions[f"session of {line.member}"] = line.member
        me = wire.MemberInfo(member=line.member, name=line.member)
        line.say(wire.SignedIn(request=command.request, session="s", token=f"session of {line.member}", me=me))

    def _resume(self, line: Line, command: commands.Resume) -> None:
        line.member = self.sessions[command.token]
        line.say(wire.Resumed(request=command.request, session="s", me=wire.MemberInfo(member=line.member, name=line.member)))

    def _sync(self, line: Line, command: commands.Sync) -> None:
        """The connection joins the hand-out first; then heads are read, a page at a time (LOG E3, F2)."""
        line.has_joined = True
        if not command.page:
            epoch, _, position = command.token.partition(":")
            line.snapshot = epoch != str(self.epoch)
            since = -1 if line.snapshot else int(position)
            line.sync_token = f"{self.epoch}:{len(self.feed)}"
            line.pages = [room for room in self.rooms.values() if self._is_new(room, line.member, since)]
        states = tuple(self.state(line, room) for room in line.pages[:1])
        line.pages = line.pages[1:]
        page, token = ("more", "") if line.pages else ("", line.sync_token)
        line.say(wire.SyncPage(request=command.request, conversations=states, page=page, token=token, snapshot=line.snapshot))
        if token:
            line.is_live = True
            for frame in line.behind:
                line.say(frame)

    def _is_new(self, room: Room, member: str, since: int) -> bool:
        if member not in room.stays:
            return False
        return room.places.get(member, 0) > since or (room.is_in(member) and room.place > since)

    def _history(self, line: Line, command: commands.History) -> None:
        room, after = self.rooms[command.conversation], command.after or 0
        end = len(room.rows) if room.is_in(line.member) else room.ends[line.member][0]
        up_to = max(after, min(end, after + command.limit))
        seen = [row for row in room.may_see(line.member) if after < row.seq <= up_to]
        skipped = sorted(set(range(after + 1, up_to + 1)) - {row.seq for row in seen})
        line.slow.append(
            wire.HistoryPage(
                request=command.request,
                conversation=room.name,
                after=after,
                up_to=up_to,
                messages=self.messages(line, seen),
                skipped=tuple(wire.Skipped(seq, seq) for seq in skipped),
            )
        )

    def _changes(self, line: Line, command: commands.Changes) -> None:
        room, member = self.rooms[command.conversation], line.member
        changed = sorted((row for row in room.may_see(member) if row.change > command.after), key=lambda row: row.change)
        rows, more = changed[:PAGE], len(changed) > PAGE
        last = max([command.after, *(row.change for row in rows)])
        line.slow.append(
            wire.ChangesPage(
                request=command.request,
                conversation=room.name,
                after=command.after,
                up_to=last if more or not room.is_in(member) else room.change,
                messages=self.messages(line, rows),
                hidden=tuple(room.hidden[member][command.hidden :]),
                hidden_up_to=len(room.hidden[member]),
                more=more,
            )
        )

    def arrive(self, line: Line) -> None:
        """A read's answer comes back from the database."""
        line.say(line.slow.popleft())

    # ---- the writer

    def write(self, entries: list[Entry], *, answered: bool = True) -> None:
        """A batch in its turn: looked up, decided, committed; one position for each conversation."""
        answers: list[tuple[Line, wire.Frame]] = []
        for room in self.rooms.values():
            mine = [entry for entry in entries if getattr(entry[1], "conversation", "") == room.name]
            self.commit(room, lambda room, mine=mine: answers.extend([(line, self._decide(room, line, c)) for line, c in mine]))  # type: ignore[misc]
            lines = {line for line, command in mine if isinstance(command, commands.Send)}
            self._item["origin"] = lines.pop() if answered and len(lines) == 1 else None  # its acknowledgements say it all
        for line, answer in answers:
            if answered and line.is_open:
                line.say(answer)

    def write_all(self) -> None:
        entries, self.inbox = self.inbox, []
        self.write(entries)

    def _decide(self, room: Room, line: Line, command: Any) -> wire.Frame:
        member, request = line.member, command.request
        if isinstance(command, commands.Send):
            if (member, command.id) in room.ids:
                return wire.Sent(request=request, seq=room.ids[member, command.id], sent_at=0)
            if not room.is_in(member) or member in room.muted:
                self.refused.add(command.id)
                return self._no(request, "refused", "conversation.muted")
            body = {"kind": "text", "text": "forwarded"} if command.forward else line.codec.plain(command.body)
            seq = room.ids[member, command.id] = self.append(room, member, command.id, body)
            return wire.Sent(request=request, seq=seq, sent_at=0)
        row = room.rows[command.seq - 1]
        if isinstance(command, commands.DeleteForMe):
            if row.seq not in room.hidden[member]:
                room.hidden[member].append(row.seq)
                self._item["hidden"].append((member, row.seq))
            return wire.Done(request=request)
        changed = self._decide_change(room, row, member, command, line)
        return changed or self._no(request, "refused", "message.cannot")

    def _decide_change(self, room: Room, row: Row, member: str, command: Any, line: Line) -> wire.Frame | None:
        state = (row.recalled, member in row.hearts, row.version)
        if isinstance(command, commands.Edit):
            body = line.codec.plain(command.body)
            if row.versions.get(command.version + 1) == body:
                return wire.Changed(request=command.request, change=row.change, version=command.version + 1)
            if row.recalled or row.version != command.version or row.sender != member or not room.is_in(member):
                return None
            row.version, row.body = row.version + 1, body
            row.versions[row.version] = body
        elif row.recalled:
            return wire.Changed(request=command.request, change=row.change, version=row.version)
        elif not room.is_in(member):
            return None
        elif isinstance(command, commands.Recall):
            row.recalled, row.version = True, row.version + 1
        elif member not in row.hearts:
            row.hearts = (*row.hearts, member)
        if state != (row.recalled, member in row.hearts, row.version):
            self.change(room, row)
        return wire.Changed(request=command.request, change=row.change, version=row.version)

    def _no(self, request: int, kind: Any, code: str) -> wire.ErrorFrame:
        return wire.ErrorFrame(request=request, kind=kind, code=code, text=code)

    def unknown(self, line: Line, *, stored: bool) -> None:
        """Nobody can say whether the first one is stored; the connection closes behind the answer (LOG A7)."""
        first, self.inbox = self.drop(line)
        if first:
            line.is_deaf = True
            if stored:
                self.write(first[:1], answered=False)
            line.say(self._no(first[0][1].request, "unknown", "server.outcome_unknown"))
            line.to_device.append(Close(limits.CLOSE_UNKNOWN_OUTCOME))

    def drop(self, line: Line) -> tuple[list[Entry], list[Entry]]:
        mine = [entry for entry in self.inbox if entry[0] is line]
        return mine, [entry for entry in self.inbox if entry[0] is not line]

    def cut(self, line: Line, *, stored: int = 0, ghosts: int = 0) -> None:
        """The connection is gone: some of what was taken is in a transaction, some lies elsewhere and may be stored later."""
        mine, self.inbox = self.drop(line)
        self.write(mine[:stored], answered=False)
        self.ghosts += mine[stored : stored + ghosts]
        line.is_open = False
        if line in self.lines:
            self.lines.remove(line)

    # ---- hand-out (LOG F)

    def apply(self) -> None:
        """Hand out what the next position brings, rows as they are now."""
        item = self.feed[self.applied]
        self.applied += 1
        for line in self.lines:
            if line.has_joined:
                self._hand_out(line, item)

    def _hand_out(self, line: Line, item: dict[str, Any]) -> None:
        room, member = item["room"], line.member
        (first, last), (before, after) = item["seqs"], item["changes"]
        seen = room.may_see(member)
        new = [row for row in seen if first < row.seq <= last]
        if line is not item.get("origin") and any(room.holds(member, seq) for seq in range(first + 1, last + 1)):
            line.tell(wire.Messages(conversation=room.name, after=first, up_to=last, messages=self.messages(line, new)))
        if member in item["left"]:
            seq, change = room.ends[member]
            line.tell(wire.Left(conversation=room.name, seq=seq, change=change))
        if member in item["joined"]:
            line.tell(wire.ConversationChanged(state=self.state(line, room)))
        if after > before and member in item["there"]:
            changed = [row for row in seen if before < row.change <= after]
            line.tell(wire.MessagesChanged(conversation=room.name, after=before, up_to=after, messages=self.messages(line, changed)))
        for _, seq in [hidden for hidden in item["hidden"] if hidden[0] == member]:
            number = room.hidden[member].index(seq)
            line.tell(wire.MessagesHidden(conversation=room.name, after=number, up_to=number + 1, seqs=(seq,)))

    def token(self) -> None:
        for line in self.lines:
            if line.is_live:
                line.say(wire.SyncToken(token=f"{self.epoch}:{self.applied}"))


def frames(line: Line) -> list[wire.Frame]:
    """What waits for the device, decoded."""
    found = [line.codec.decode_frame(frame) for frame in line.to_device if isinstance(frame, bytes)]
    line.to_device.clear()
    return [frame for frame in found if frame is not None]
