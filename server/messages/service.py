"""Pages of messages for a member: history, changes, pinned ones, marks of others; hiding and favourites (SPEC E3, E4).

Every read goes through ``access_participant``, which answers alike for an unknown conversation and one that he never was in.
"""

from dataclasses import dataclass

from protocol import limits
from protocol.errors import ConversationNotFound, IdConflict, MessageNotFound
from server.messages import rules
from server.messages.rules import Page, Stay
from storage import messages
from storage.engine import Storage
from storage.messages import Row
from storage.work import Read, Work

ROW_BYTES = 200  # what a message weighs on the wire beside its body
HIDDEN_AT_ONCE = 5_000  # seqs of messages deleted for oneself in one page, some 25 KB


@dataclass(frozen=True)
class Participant:
    """A member in a conversation, now or before: how far it goes for him, and his stays."""

    company: int
    member: int
    conversation: int
    home: int
    kind: str
    head: int
    change: int
    ended: bool
    hidden: int
    stays: tuple[Stay, ...]

    def may_see(self, seq: int) -> bool:
        return rules.may_see(self.stays, seq)


@dataclass(frozen=True)
class History:
    page: Page
    rows: list[Row]
    skipped: list[tuple[int, int]]
    who: Participant


@dataclass(frozen=True)
class ChangedRows:
    rows: list[Row]
    up_to: int
    more: bool
    who: Participant
    hidden: list[int]
    hidden_up_to: int


@dataclass(frozen=True)
class Kept:
    """A favourite, with its message where ``who`` may still see it."""

    client_id: bytes
    who: Participant
    seq: int
    note: str
    at: int
    row: Row | None


async def access_participant(read: Read, company: int, member: int, conversation: int) -> Participant:
    """The member in this conversation. Raises: ConversationNotFound."""
    row = await read.one(messages.PARTICIPANT, company=company, member=member, conversation=conversation)
    if row is None:
        raise ConversationNotFound
    home, kind, head, change, end_seq, end_change, hidden = row
    stays = tuple(await messages.stays_of(read, home, conversation, member))
    ended = end_seq is not None
    return Participant(
        company, member, conversation, home, kind, end_seq if ended else head, end_change if ended else change, ended, hidden, stays
    )


class MessageService:
    """What a member reads of his conversations."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def history(
        self, company: int, member: int, conversation: int, *, after: int | None, before: int | None, around: int | None, limit: int
    ) -> History:
        """One page. Raises: ConversationNotFound."""

        async def act(read: Read) -> History:
            who = await access_participant(read, company, member, conversation)
            if around is not None:
                page = rules.page_around(who.stays, who.head, around, limit)
            elif before is not None:
                page = rules.page_before(who.stays, who.head, before, limit)
            else:
                page = rules.page_after(who.stays, who.head, after or 0, limit)
            return await _read_page(read, who, page, near=around if around is not None else page.up_to if before is not None else 0)

        return await self._storage.read(act)

    async def changes(self, company: int, member: int, conversation: int, *, after: int, hidden: int, limit: int) -> ChangedRows:
        """A page of what changed above ``after``.

        For a former participant the rows of his stays, however high their changes (LOG E5); a page that is not the last ends at a row of
        his, so that no number tells of what happened elsewhere.
        """

        async def act(read: Read) -> ChangedRows:
            who = await access_participant(read, company, member, conversation)
            if who.ended:
                found = await messages.changed_in_stays(read, conversation, member, after, limit + 1)
            else:
                found = await messages.changed(read, conversation, after, limit)
            page = found[: min(limit, _fitting(found))]
            last = page[-1].change if page else after
            more = len(page) < len(found) if who.ended else bool(page) and last < who.change
            up_to = last if more else max(who.change, last)
            mine = [row for row in page if who.may_see(row.seq)]
            gone, last_gone = await _hidden_after(read, who, hidden)
            return ChangedRows(mine, up_to, more or last_gone < who.hidden, who, gone, last_gone)

        return await self._storage.read(act)

    async def pinned(self, company: int, member: int, conversation: int) -> tuple[list[Row], Participant]:
        async def act(read: Read) -> tuple[list[Row], Participant]:
            who = await access_participant(read, company, member, conversation)
            rows = [row for row in await messages.pinned(read, conversation) if who.may_see(row.seq)]
            ranges = [(row.seq, row.seq) for row in rows] if who.hidden else []
            hidden = await messages.hidden_between(read, member, conversation, ranges)
            return [row for row in rows if row.seq not in hidden], who

        return await self._storage.read(act)

    async def marks(self, company: int, member: int, conversation: int) -> list[tuple[int, int, int]]:
        """(member, delivered, read) of the others who are in it now; nothing for a former participant."""

        async def act(read: Read) -> list[tuple[int, int, int]]:
            who = await access_participant(read, company, member, conversation)
            if who.ended:
                return []
            rows = await read.all(messages.MARKS_OF_OTHERS, home=who.home, conversation=conversation, limit=limits.DELIVERED_UP_TO + 1)
            return [(row[0], row[1], row[2]) for row in rows if row[0] != member]

        return await self._storage.read(act)

    async def hide(self, company: int, member: int, conversation: int, seq: int) -> None:
        """Delete for me (LOG F3): a row with a number from the member's own counter. Raises: MessageNotFound."""

        async def act(work: Work) -> None:
            who = await access_participant(work, company, member, conversation)
            if not who.may_see(seq) or seq > who.head:
                raise MessageNotFound
            if await work.one(messages.IS_HIDDEN, member=member, conversation=conversation, seq=seq) is not None:
                return
            number = who.hidden + 1
            await work.run(messages.HIDE, member=member, conversation=conversation, seq=seq, number=number)
            key = {"company": company, "member": member, "conversation": conversation}
            await work.run(messages.RAISE_HIDDEN, **key, set_hidden=number, set_place=work.position)
            work.own(member, "hidden", conversation, who.hidden, number)

        await self._storage.transact(act)

    async def favourite(self, company: int, member: int, client_id: bytes, conversation: int, seq: int, note: str) -> None:
        """Keep a reference. Raises: MessageNotFound, IdConflict."""

        async def act(work: Work) -> None:
            there = await work.one(messages.FAVOURITE, company=company, member=member, client_id=client_id)
            if there is not None:
                if (there["conversation"], there["seq"], there["note"]) != (conversation, seq, note):
                    raise IdConflict
                return
            who = await access_participant(work, company, member, conversation)
            if not who.may_see(seq) or seq > who.head:
                raise MessageNotFound
            values = {"conversation": conversation, "seq": seq, "note": note, "at": work.now, "place": work.position}
            await work.run(messages.INSERT_FAVOURITE, company=company, member=member, client_id=client_id, **values)
            work.own(member, "favourites")

        await self._storage.transact(act)

    async def unfavourite(self, company: int, member: int, client_id: bytes) -> None:
        async def act(work: Work) -> None:
            key = {"company": company, "member": member, "client_id": client_id}
            there = await work.one(messages.FAVOURITE, **key)
            if there is not None and not there["removed"]:
                await work.run(messages.REMOVE_FAVOURITE, **key, set_removed=True, set_place=work.position)
                work.own(member, "favourites")

        await self._storage.transact(act)

    async def favourites(self, company: int, member: int, before: bytes, limit: int) -> list[Kept]:
        """The newest first, each with its message as it is now where it may still be seen."""

        async def act(read: Read) -> list[Kept]:
            kept = []
            for row in await read.all(messages.FAVOURITES, company=company, member=member, before=before, limit=limit):
                client_id, conversation, seq, note, at = row
                who = await access_participant(read, company, member, conversation)
                hidden = await messages.hidden_between(read, member, conversation, [(seq, seq)])
                seen = who.may_see(seq) and seq not in hidden
                there = await messages.between(read, who.home, conversation, seq, seq) if seen else []
                kept.append(Kept(bytes(client_id), who, seq, note, at, there[0] if there else None))
            return kept

        return await self._storage.read(act)


async def _hidden_after(read: Read, who: Participant, number: int) -> tuple[list[int], int]:
    """The seqs of a page, and the number of the last of them; that of the head where nothing follows."""
    if who.hidden <= number:
        return [], who.hidden
    asked = {"member": who.member, "conversation": who.conversation, "number": number}
    rows = await read.all(messages.HIDDEN_AFTER, **asked, limit=HIDDEN_AT_ONCE + 1)
    page = rows[:HIDDEN_AT_ONCE]
    return [row[0] for row in page], page[-1][1] if len(rows) > len(page) else who.hidden


async def _read_page(read: Read, who: Participant, page: Page, *, near: int) -> History:
    """The page's rows, fewer where their bytes are too many; what the member has hidden is skipped (LOG F4)."""
    rows: list[Row] = []
    for first, last in page.ranges:
        rows.extend(await messages.between(read, who.home, who.conversation, first, last))
    page = _within_bytes(page, rows, near)
    rows = [row for row in rows if page.after < row.seq <= page.up_to]
    hidden = await messages.hidden_between(read, who.member, who.conversation, page.ranges) if who.hidden else set()
    skipped = sorted([*page.skipped, *((seq, seq) for seq in hidden)])
    return History(page, [row for row in rows if row.seq not in hidden], skipped, who)


def _weight(row: Row) -> int:
    return ROW_BYTES + len(row.body or b"")


def _fitting(rows: list[Row]) -> int:
    """How many of the first rows make a page; never less than one."""
    weight = 0
    for count, row in enumerate(rows):
        weight += _weight(row)
        if weight > limits.PAGE_BYTES and count:
            return count
    return len(rows)


def _within_bytes(page: Page, rows: list[Row], near: int) -> Page:
    """Keep the rows nearest to the seq ``near``, as many as the bytes allow; never less than one."""
    if sum([len(row.body or b"") for row in rows]) + ROW_BYTES * len(rows) <= limits.PAGE_BYTES:
        return page  # as nearly always
    first = last = min(range(len(rows)), key=lambda at: abs(rows[at].seq - near), default=0)
    weight = _weight(rows[first]) if rows else 0
    while first > 0 or last < len(rows) - 1:
        downward = first > 0 and (last == len(rows) - 1 or near - rows[first - 1].seq < rows[last + 1].seq - near)
        following = first - 1 if downward else last + 1
        weight += _weight(rows[following])
        if weight > limits.PAGE_BYTES:
            break
        first, last = min(first, following), max(last, following)
    if first > 0:
        page = rules.cut_front(page, rows[first].seq)
    return rules.cut(page, rows[last].seq) if last < len(rows) - 1 else page
