"""A conversation as its viewer has it: heads, own marks, counts and the last message that he may see (LOG E5, H1)."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from protocol.codec import Codec
from protocol.events import ConversationState, MemberState
from protocol.ids import to_wire
from server.messages import rules
from server.messages.wire import as_now
from server.visibility.service import shown_state
from storage import acquaintances, messages
from storage.messages import Row
from storage.work import Read

NOBODY = 0  # no member has this id
LOOK_BACK = 20  # how many hidden or recalled-for-me rows are passed over for the last message shown

FROM_THE_FIRST: Sequence[rules.Stay] = ((1, None),)  # nobody joins or leaves a direct conversation


class State(NamedTuple):
    """A row of ``storage.heads`` with the last message of the conversation, for one viewer."""

    row: Any
    member: int
    stays: Sequence[rules.Stay]
    last: Row | None
    hidden_seqs: tuple[int, ...] = ()
    peer_state: MemberState = "active"


async def complete(read: Read, member: int, rows: Sequence[Any]) -> list[State]:
    """The rows with the last message that ``member`` may see of each."""
    places = [(row["home"], row["conversation"], row["seq"]) for row in rows if row["seq"]]
    newest = await messages.at(read, places)
    away = await acquaintances.not_active(read, [_peer(row, member) for row in rows if row["kind"] == "direct"])
    states = []
    for row in rows:
        last = newest.get(row["conversation"])
        stays: Sequence[rules.Stay] = FROM_THE_FIRST
        if row["kind"] != "direct":
            stays = await messages.stays_of(read, row["home"], row["conversation"], member)
        if last is not None and row["hidden"]:
            last = await _not_hidden(read, member, row, stays, last)
        states.append(State(row, member, stays, last, peer_state=shown_state(away.get(_peer(row, member), ""))))
    return states


def _peer(row: Any, member: int) -> int:
    """The other one of a direct conversation; nobody in others."""
    return (row["direct_high"] if row["direct_low"] == member else row["direct_low"]) or NOBODY


async def _not_hidden(read: Read, member: int, row: Any, stays: Sequence[rules.Stay], last: Row) -> Row | None:
    """The last message within his stays that he has not hidden from himself."""
    home, conversation = row["home"], row["conversation"]
    low = max(1, last.seq - LOOK_BACK)
    gone = await messages.hidden_between(read, member, conversation, [(low, last.seq)])
    if last.seq not in gone:
        return last
    for earlier in reversed(await messages.between(read, home, conversation, low, last.seq)):
        if earlier.seq not in gone and rules.may_see(stays, earlier.seq):
            return earlier
    return None


def on_wire(state: State, codec: Codec) -> ConversationState:
    row = state.row
    peer = ""
    if row["kind"] == "direct":
        peer = to_wire(_peer(row, state.member))
    return ConversationState(
        conversation=to_wire(row["conversation"]),
        kind=row["kind"],
        seq=row["seq"],
        change=row["change"],
        name=row["name"],
        peer=peer,
        peer_state=state.peer_state,
        ended=row["end_seq"] is not None,
        first=state.stays[0][0] if state.stays else 1,
        read=row["read"],
        delivered=row["delivered"],
        unread=max(row["unread"], 0),
        unread_mentions=max(row["mention_all"], 0) + row["mentions"],
        marked_unread=bool(row["marked_unread"]),
        pinned_to_top=bool(row["pinned_to_top"]),
        muted=bool(row["muted"]),
        archived=bool(row["archived"]),
        hidden=row["hidden"],
        draft=row["draft"] or "",
        last=None if state.last is None else as_now(state.last, codec, lambda seq: rules.may_see(state.stays, seq)),
    )
