"""One client's connection behind the door: who it is, what it may ask for now, how much it may have under way.

Commands are read, checked in size and shape, and handed on; what they mean is the handlers' (``dispatch``) and the writer's. The path
of a message runs through ``received`` and ``_send`` without coroutine, task or query (DESIGN 5.2).
"""

import enum
from typing import NamedTuple, Protocol

from protocol import limits
from protocol.codec import CODECS, Codec
from protocol.commands import Command, Hello, Send
from protocol.errors import BodyInvalid, ConversationNotFound, FrameInvalid, IdInvalid, InternalError, YizhanError
from protocol.events import Answer, Changed, Choice, Done, ErrorFrame, Frame, Sent, SessionEnded
from protocol.ids import client_id_bytes, from_wire
from server.clock import Clock
from server.config.model import Gateway as GatewaySettings
from server.delivery.wire import wire
from server.gateway.rate import Rate
from server.gateway.websocket import Door, Handshake
from server.logs import Logger
from server.sessions.service import Admitted
from server.wheel import Wheel
from storage.conversations import Talking
from storage.writer.entries import ChangedOutcome, Entry, Outcome, SendEntry, SentOutcome
from storage.writer.rows import member_numbers

log = Logger("gateway")


class Stage(enum.Enum):
    """How far a connection is."""

    NEW = "new"
    GREETED = "greeted"
    MUST_CHANGE_PASSWORD = "must_change_password"
    SIGNED_IN = "signed_in"
    OVER = "over"


class Typed(NamedTuple):
    """When it typed in a conversation last, and what its member might do there when that was looked at, by the monotonic clock."""

    at: float
    looked_at: float
    talking: Talking


class Surroundings(Protocol):
    """What a connection needs of the gateway that it belongs to."""

    settings: GatewaySettings
    clock: Clock
    wheel: Wheel
    node: str
    connections: "set[Connection]"

    def holds_back(self, connection: "Connection") -> bool: ...
    def put(self, entry: Entry) -> None: ...
    def dispatch(self, connection: "Connection", command: Command) -> None: ...
    def soon(self, connection: "Connection") -> None: ...
    def gone(self, connection: "Connection") -> None: ...
    def trace(self, connection: "Connection", request: int | None, error: YizhanError) -> str: ...


class Connection:
    """``Behind`` a door, ``Receiver`` of what is handed out, ``origin`` of what is written."""

    __slots__ = (
        "__weakref__", "_alarm", "_commands", "_entering", "_gateway", "_held", "_held_back", "_held_bytes", "_last", "_most_under_way",
        "_rate", "_slow", "_soon", "_under_way", "address", "arrivals", "client", "codec", "company", "door", "is_catching_up", "language",
        "live", "member", "session", "signed", "stage", "told", "typing",
    )  # fmt: skip

    def __init__(self, gateway: Surroundings, door: Door, handshake: Handshake) -> None:
        self._gateway = gateway
        self.door = door
        self.codec: Codec = CODECS[limits.MESSAGEPACK if handshake.binary else limits.JSON]
        self.address = handshake.address
        self.language = "en"
        self.client = ""
        self.stage = Stage.NEW
        self.company = self.member = self.session = 0
        self.signed: Admitted | None = None
        self.told = False
        self.live = False
        self.is_catching_up = False
        self._held: list[bytes] = []  # what came while it caught up (LOG F2)
        self._held_bytes = 0
        self._soon: list[bytes] = []
        self._under_way = 0
        self._held_back = False
        self._entering = False
        self._last: int | None = None  # the request of a command that ends this very session: it is answered before the end
        settings = gateway.settings
        self._most_under_way = settings.commands_under_way
        self._rate = Rate(settings.send_per_second, settings.send_burst)
        self._commands = Rate(settings.commands_per_second, settings.commands_burst)
        self.typing: dict[int, Typed] | None = None
        self.arrivals: dict[int, int] | None = None
        """Delivered marks, by conversation, of before it was known whether others may hear of them."""
        self._alarm = gateway.wheel.alarm(self._too_late)
        self._alarm.set(settings.authenticate_within_seconds)
        self._slow = gateway.wheel.alarm(self._read_on)
        gateway.connections.add(self)

    @property
    def trace(self) -> str:
        """Its name in the log."""
        return f"{self._gateway.node}-{self.door.number}"

    # ---- the door calls

    def received(self, payload: bytes) -> None:
        try:
            command = self.codec.decode_command(payload)
        except YizhanError as error:
            self.refuse(error.request, error)
            if self.stage is Stage.NEW:
                self.close(limits.CLOSE_NOT_AUTHENTICATED, "not authenticated")
            self._count(self._commands)
            return
        self._begin()
        if command.__class__ is Send and self.stage is Stage.SIGNED_IN:
            self._send(command)
            self._count(self._rate)
        else:
            self._gateway.dispatch(self, command)
            self._count(self._commands)

    def closed(self) -> None:
        self.stage = Stage.OVER
        self._alarm.stop()
        self._slow.stop()
        self._held.clear()
        self._gateway.gone(self)

    # ---- commands under way

    def _begin(self) -> None:
        self._under_way += 1
        if self._under_way >= self._most_under_way and not self._held_back:
            self._held_back = True
            self.door.pause()

    def end(self, reason: str) -> None:
        """Its session is over: say why and close."""
        if self.stage is Stage.OVER:
            return
        if self._last is not None:
            self.reply(Done(request=self._last))
        self.stage = Stage.OVER
        self.door.send(wire(SessionEnded(reason=reason), self.codec))
        code = limits.CLOSE_REPLACED if reason == "replaced" else limits.CLOSE_SESSION_ENDED
        self.door.close(code, reason)

    def last_wish(self, request: int | None) -> None:
        """This command will end the session of this very connection: the end answers it."""
        self._last = request

    def answered(self, entry: Entry, outcome: Outcome | None) -> None:
        """What became of an entry of this connection (LOG F2: right after the commit)."""
        if outcome.__class__ is SentOutcome:
            self.reply(Sent(request=entry.request, seq=outcome.seq, sent_at=outcome.sent_at, read=outcome.read))
            self.told = True
        elif outcome.__class__ is ChangedOutcome:
            self.reply(Changed(request=entry.request, change=outcome.change, version=outcome.version))
        elif isinstance(outcome, YizhanError):
            self.fail(entry.request, outcome)
            if outcome.kind == "unknown":
                self.close(limits.CLOSE_UNKNOWN_OUTCOME, "send again")  # LOG A7
        else:
            self.reply(Done(request=entry.request))

    def reply(self, answer: Answer) -> None:
        """Answer a command; it is no longer under way."""
        if self._soon:
            self.say_soon()
        self.door.answer(wire(answer, self.codec))
        self._answered_one()

    def reply_soon(self, answer: Answer) -> None:
        """Answer what nobody waits for: it leaves with the next frame, or a moment later (a write of its own costs 9 µs)."""
        if not self._soon:
            self._gateway.soon(self)
        self._soon.append(wire(answer, self.codec))
        self._answered_one()

    def say_soon(self) -> None:
        """Now the answers that were put off."""
        soon, self._soon = self._soon, []
        for waiting in soon:
            self.door.answer(waiting)

    def fail(self, request: int, error: YizhanError, choices: tuple[Choice, ...] = ()) -> None:
        """Answer a command with an error; it is no longer under way."""
        self.refuse(request, error, choices)
        self._answered_one()

    def refuse(self, request: int | None, error: YizhanError, choices: tuple[Choice, ...] = (), *, trace: str = "") -> None:
        """Say an error, of a command that was never under way or of the connection."""
        frame = ErrorFrame(
            code=error.code,
            kind=error.kind,
            text=error.text(self.language),
            request=request,
            trace=trace or self._gateway.trace(self, request, error),
            retry_after_ms=error.retry_after_ms,
            data=dict(error.data),
            choices=choices,
        )
        self.door.answer(wire(frame, self.codec))

    def fault(self, command: Command, error: Exception) -> None:
        """A fault of ours: the log tells it under the trace that its victim is shown."""
        internal = InternalError()
        trace = self._gateway.trace(self, command.request, internal)
        log.exception("command.failed", error, connection=self.trace, trace=trace, command=type(command).__name__)
        self.refuse(command.request, internal, trace=trace)
        self._answered_one()

    def _answered_one(self) -> None:
        self._under_way -= 1
        if self._held_back and self._under_way < self._most_under_way:
            self._held_back = False
            self._read_on()

    # ---- the path of a message

    def _send(self, command: Send) -> None:
        try:
            entry = self._entry(command)
        except YizhanError as error:
            self.fail(command.request, error)
            return
        self._gateway.put(entry)

    def _count(self, rate: Rate) -> None:
        """Over the rate it is read more slowly; nothing is refused out of a row (DESIGN 1)."""
        if rate.take(self._gateway.clock.monotonic()) > 0 and self.stage is not Stage.OVER:
            self.door.pause()
            self._read_on()

    def _entry(self, command: Send) -> SendEntry:
        """Raises: IdInvalid, ConversationNotFound, BodyInvalid, BodyTooLarge."""
        try:
            client_id = client_id_bytes(command.id)
        except ValueError:
            raise IdInvalid("id") from None
        forward = command.forward
        try:
            conversation = from_wire(command.conversation)
            source = None if forward is None else (from_wire(forward.conversation), forward.seq)
        except ValueError:
            raise ConversationNotFound from None
        if source is not None:
            if len(command.body):
                raise BodyInvalid("a message has a body or a forward, not both")
            return SendEntry(
                self, command.request, self.company, self.member, conversation, client_id, None, (), source, command.keep_draft
            )
        if not len(command.body):
            raise BodyInvalid("a message needs a body or a forward")
        body = self.codec.check_body(command.body)
        mentions = member_numbers(body.mentions) if body.mentions else ()
        return SendEntry(
            self, command.request, self.company, self.member, conversation, client_id, body, mentions, None, command.keep_draft
        )

    def _read_on(self) -> None:
        """Read, unless something still speaks against it: commands under way, signing in, the process's queue, a rate."""
        if self.stage is Stage.OVER or self._held_back or self._entering or self._gateway.holds_back(self):
            return
        now = self._gateway.clock.monotonic()
        wait = max(self._rate.wait(now), self._commands.wait(now))
        if wait > 0:
            self._slow.set(wait)
        else:
            self.door.resume()

    def read_on(self) -> None:
        """The process takes messages again."""
        self._read_on()

    # ---- what is handed out

    def give(self, wire: bytes) -> None:
        self.told = True
        if self.live:
            if self._soon:
                self.say_soon()
            self.door.send(wire)
        elif self.stage is Stage.SIGNED_IN:
            self._held.append(wire)
            self._held_bytes += len(wire)
            if self._held_bytes > self._gateway.settings.outgoing_bytes or len(self._held) > self._gateway.settings.outgoing_frames:
                self.resync()

    def catches_up(self) -> None:
        """It has asked what is new: what comes now waits behind the last page of heads."""
        self.live = False
        self.is_catching_up = True

    def go_live(self) -> None:
        """The last page of heads was sent: now what came meanwhile, then everything as it comes."""
        self.live = True
        self.is_catching_up = False
        for waiting in self._held:
            self.door.send(waiting)
        self._held.clear()
        self._held_bytes = 0

    def resync(self) -> None:
        self.give_way(limits.CLOSE_RESUME, "resume")

    def give_way(self, code: int, reason: str) -> None:
        """Close, and take nothing more that is handed out."""
        if self.stage is not Stage.OVER:
            self.stage = Stage.OVER
            self._held.clear()
            self.close(code, reason)

    def say(self, event: Frame) -> None:
        """An event for this connection alone, at once."""
        self.door.send(wire(event, self.codec))

    def close(self, code: int, reason: str) -> None:
        self.door.close(code, reason)

    # ---- coming in

    def greet(self, command: Hello) -> None:
        self.client = command.client
        self.stage = Stage.GREETED

    def signing_in(self) -> None:
        """The time to authenticate runs until the first attempt; while that waits for hashing the connection stays (DESIGN 13).

        What was sent behind it waits for its outcome.
        """
        self._alarm.stop()
        self._entering = True
        self.door.pause()

    def signing_in_ended(self) -> None:
        """Where the attempt failed the time runs again."""
        self._entering = False
        if self.stage is Stage.GREETED:
            self._alarm.set(self._gateway.settings.authenticate_within_seconds)
        self._read_on()

    def enter(self, signed: Admitted) -> None:
        """It is somebody now."""
        self._alarm.stop()
        self.signed = signed
        self.company, self.member, self.session = signed.company, signed.member, signed.session
        self.stage = Stage.MUST_CHANGE_PASSWORD if signed.must_change_password else Stage.SIGNED_IN

    def password_changed(self) -> None:
        if self.stage is Stage.MUST_CHANGE_PASSWORD:
            self.stage = Stage.SIGNED_IN

    def _too_late(self) -> None:
        if self.stage in (Stage.NEW, Stage.GREETED):
            self.refuse(None, FrameInvalid("no sign-in in time"))
            self.close(limits.CLOSE_NOT_AUTHENTICATED, "not authenticated in time")
