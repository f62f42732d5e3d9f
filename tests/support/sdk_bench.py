"""The SDK's core on a bench: fed with frames, and everything that it writes and says is kept. And the frames, in few words."""

from typing import Any

from tests.support.sdk_peer import ANNA, BEN, CONVERSATIONS
from yizhan import events
from yizhan._protocol import commands
from yizhan._protocol import events as wire
from yizhan._protocol.codec import MESSAGEPACK
from yizhan.base import Outcome
from yizhan.conversations import Policy
from yizhan.core import Core, Step
from yizhan.entry import Login
from yizhan.state import State

LUNCH = CONVERSATIONS[0]
ME = wire.MemberInfo(member=ANNA, name="Anna")
DEVICE = commands.Device(id="device-00", device_class="desktop")
ROBOT = Login(DEVICE, token="yzr_secret")
ALL = Policy(fetch="all")


class Bench:
    """A core, and everything that it wrote and said."""

    def __init__(self, login: Login = ROBOT, *, policy: Policy = ALL, state: State | None = None) -> None:
        self.ids = 0
        self.notes: list[object] = []
        self.core = Core(login, new_id=self._new_id, jitter=lambda: 1.0, policy=policy, state=state, trace=self.notes.append)
        self.written: list[Any] = []
        self.events: list[events.Event] = []
        self.outcomes: list[Outcome] = []
        self.now = 0
        self.closes = False

    def _new_id(self) -> str:
        self.ids += 1
        return f"{self.ids:032x}"

    def do(self, step: Step) -> list[Any]:
        """What it writes."""
        self.written += step.commands
        self.events += step.events
        self.outcomes += step.outcomes
        self.closes = step.close
        return list(step.commands)

    def hear(self, *frames: wire.Frame) -> list[Any]:
        return [command for frame in frames for command in self.do(self.core.received(frame, self.now))]

    def answer(self, command: Any, kind: Any, **fields: Any) -> list[Any]:
        return self.hear(kind(request=command.request, **fields))

    def come_in(self, *states: wire.ConversationState, token: str = "t1", snapshot: bool = False) -> list[Any]:
        """Connect, sign in or resume, one page of sync; gives what is written once it is live."""
        (hello,) = self.do(self.core.connected(self.now))
        (enter,) = self.answer(hello, wire.Welcome, version=1, server="s", time=0)
        if isinstance(enter, commands.Resume):
            (sync,) = self.answer(enter, wire.Resumed, session="s1", me=ME)
        else:
            (sync,) = self.answer(enter, wire.SignedIn, session="s1", token="yzs_1", me=ME)
        return self.answer(sync, wire.SyncPage, conversations=states, token=token, snapshot=snapshot)

    def cut(self, code: int = 1006) -> int | None:
        self.do(self.core.disconnected(self.now, code))
        return self.core.reconnect_at

    def received(self) -> list[int]:
        return [event.message.seq for event in self.events if isinstance(event, events.MessageReceived)]


def lunch(seq: int, *, change: int = 0, **more: Any) -> wire.ConversationState:
    return wire.ConversationState(conversation=LUNCH, kind="group", seq=seq, change=change, **more)


def message(seq: int, sender: str = BEN, **more: Any) -> wire.Message:
    return wire.Message(seq=seq, sender=sender, sent_at=seq, body=MESSAGEPACK.raw({"kind": "text", "text": f"no. {seq}"}), **more)


def new(*seqs: int) -> wire.Messages:
    return wire.Messages(conversation=LUNCH, after=seqs[0] - 1, up_to=seqs[-1], messages=tuple(map(message, seqs)))


def history(asked: commands.History, last: int) -> wire.HistoryPage:
    after = asked.after or 0
    up_to = min(after + asked.limit, last)
    found = tuple(message(seq) for seq in range(after + 1, up_to + 1))
    return wire.HistoryPage(request=asked.request, conversation=asked.conversation, after=after, up_to=up_to, messages=found)


def refused(command: Any, code: str = "conversation.muted", **more: Any) -> wire.ErrorFrame:
    return wire.ErrorFrame(request=command.request, kind="refused", code=code, text="no", **more)


def unknown(command: Any, code: str = "server.outcome_unknown", **more: Any) -> wire.ErrorFrame:
    return wire.ErrorFrame(request=command.request, kind="unknown", code=code, text="?", **more)
