"""The small server that the SDK's core is tried against keeps the rules itself."""

import pytest

from tests.support.sdk_peer import ANNA, CONVERSATIONS, MEMBERS, Peer, frames
from yizhan._protocol import commands
from yizhan._protocol import events as wire
from yizhan._protocol.codec import MESSAGEPACK


@pytest.fixture
def peer() -> Peer:
    return Peer()


def test_the_peer_answers_the_same_id_with_the_first_seq(peer: Peer) -> None:
    line = peer.connect(MESSAGEPACK)
    line.member = ANNA
    send = commands.Send(request=5, id="0" * 32, conversation=CONVERSATIONS[0], body=MESSAGEPACK.raw({"kind": "text", "text": "hi"}))
    for _ in range(2):
        peer.inbox.append((line, send))
        peer.write_all()
    assert frames(line) == [wire.Sent(request=5, seq=3, sent_at=0)] * 2


def test_the_peer_hands_a_message_out_to_those_whose_stays_hold_it(peer: Peer) -> None:
    lines = {member: peer.connect(MESSAGEPACK) for member in MEMBERS}
    for member, line in lines.items():
        line.member, line.has_joined, line.is_live = member, True, True
    room = peer.rooms[CONVERSATIONS[0]]
    peer.commit(room, lambda room: peer.append(room, ANNA, "1" * 32, {"kind": "text", "text": "hi"}))
    peer.apply()
    assert [len(frames(lines[member])) for member in MEMBERS] == [1, 1, 0]
