"""Sessions: opening one at sign-in, coming back by a token, listing and ending one's own (SPEC D2, D6, DESIGN 13).

A shell around ``rules``. Nothing is decided from memory: only last-seen times wait here, to be written together. Whoever holds open
connections closes them when the feed names their session; administrators end sessions by ``server.companies``.
"""

from collections.abc import Sequence
from typing import NamedTuple

from protocol.commands import Device
from protocol.errors import SessionNotFound, YizhanError
from protocol.events import SessionInfo
from protocol.ids import from_wire, to_wire
from server.clock import Clock
from server.config.model import Sessions as SessionSettings
from server.logs import Logger
from server.sessions import rules
from server.sessions.gathering import Gathering
from server.sessions.resumes import Admitted, Resumes
from server.sessions.rules import Limits
from server.sessions.tokens import Token, draw_token, parse, stored
from server.visibility.profiles import info
from storage import members, sessions
from storage.accounts import Place
from storage.draw import draw_id
from storage.engine import Storage
from storage.sessions import NewSession, OpenSession, Resumable
from storage.work import Read, Work

__all__ = ["Admitted", "Returning", "SessionService"]
LOG = Logger("server.sessions")
SEEN_EVERY_MS = 5 * 60 * 1000
AT_ONCE = 500


class Returning(NamedTuple):
    """A token that comes back, and from where."""

    token: str
    address: str = ""


class SessionService:
    """``key`` is the installation's, by which rotated tokens follow from those before (``tokens``)."""

    def __init__(self, storage: Storage, clock: Clock, settings: SessionSettings, *, key: bytes) -> None:
        self._storage = storage
        self._clock = clock
        self._limits = Limits.of(settings)
        self._key = key
        self._seen: dict[int, tuple[int, str]] = {}
        self._returning: Gathering[Returning, Admitted | YizhanError] = Gathering(self._resume, at_once=AT_ONCE)

    # ---- coming in

    async def open(
        self, work: Work, place: Place, *, account: int | None, device: Device, client: str, address: str, must_change: bool
    ) -> Admitted:
        """A new session inside a unit in the turn, where two at the same moment are one after the other (SPEC D2)."""
        existing = await sessions.open_of_member(work, place.member)
        exclusive = rules.one_per_class(place.device_policy, place.kind)
        ends = rules.ended_by(
            existing, device=device.id, device_class=device.device_class, exclusive=exclusive, now=work.now, limits=self._limits
        )
        await sessions.end(work, ends)
        token = draw_token(draw_id())
        new = NewSession(
            id=token.session,
            member=place.member,
            company=place.company,
            account=account,
            device=device.id,
            device_class=device.device_class,
            device_name=device.name,
            client=client,
            address=address,
            token_hash=stored(token.secret),
        )
        await sessions.insert(work, new)
        card = await members.find(work, place.member)
        assert card is not None, "members are never removed"
        units = await members.unit_names(work, [place.member])
        return Admitted(
            token.session,
            place.member,
            place.company,
            account,
            device.device_class,
            info(card, units.get(place.member, ()), own=True),
            str(token),
            must_change,
            work.now + self._limits.total,
        )

    # ---- coming back

    async def resume(self, token: str, address: str = "") -> Admitted:
        """Never hashes a password; who comes while a read is under way is read together with all others who do.

        Raises: TokenInvalid, SessionOver, CompanySuspended.
        """
        outcome = await self._returning.ask(Returning(token, address))
        if isinstance(outcome, YizhanError):
            raise outcome
        return outcome

    async def _resume(self, returning: Sequence[Returning]) -> list[Admitted | YizhanError]:
        """One read for all that wait; writes only for those whose token is replaced, used for the first time, or stolen."""
        now = self._clock.now()
        tokens = [_parsed(one.token) for one in returning]
        ids = [token.session for token in tokens if isinstance(token, Token)]

        async def look(read: Read) -> tuple[dict[int, Resumable], dict[int, tuple[str, ...]]]:
            rows = await sessions.resumable(read, ids, idle_since=now - self._limits.idle)
            units = await members.unit_names(read, list({row.card.id for row in rows.values()}))
            return dict(rows), dict(units)

        rows, units = await self._storage.read(look)
        batch = Resumes(self._key, self._limits, now)
        outcomes: list[Admitted | YizhanError] = []
        for token, (_, address) in zip(tokens, returning, strict=True):
            row = rows.get(token.session) if isinstance(token, Token) else None
            outcome = token if isinstance(token, YizhanError) else batch.admit(token, row, units)
            outcomes.append(outcome)
            if isinstance(outcome, Admitted) and row is not None and now - row.last_seen_at >= SEEN_EVERY_MS:
                self.seen(outcome.session, address or row.address)
        await self._write(batch)
        return outcomes

    async def _write(self, batch: Resumes) -> None:
        if batch.rotations or batch.used:

            async def note(work: Work) -> None:
                await sessions.rotate(work, batch.rotations)
                await sessions.forget_previous(work, batch.used)

            await self._storage.unit(note)
        if batch.stolen:
            LOG.warning("session.token_stolen", sessions=[to_wire(session) for session in batch.stolen])
            await self._storage.transact(lambda work: sessions.end(work, dict.fromkeys(batch.stolen, "token_stolen")))

    # ---- last seen

    def seen(self, session: int, address: str) -> None:
        """The session is being used; written by the next ``flush``. For resumes, and every few minutes of a long connection."""
        self._seen[session] = (self._clock.now(), address)

    async def flush(self) -> int:
        """Write what was seen, all together; to be called every 10 s. Gives how many. A crash loses the last ones, and nothing else."""
        taken, self._seen = self._seen, {}
        waiting = sorted(taken)  # two nodes touch rows in the same order
        try:
            for first in range(0, len(waiting), AT_ONCE):
                await self._write_seen({session: taken[session] for session in waiting[first : first + AT_ONCE]})
        except YizhanError:
            self._seen = {**taken, **self._seen}
            raise
        return len(waiting)

    async def _write_seen(self, some: dict[int, tuple[int, str]]) -> None:
        await self._storage.unit(lambda work: sessions.seen(work, some))

    # ---- one's own sessions

    async def alive(self, ids: Sequence[int]) -> set[int]:
        """Which of these have not been ended."""
        return await self._storage.read(lambda read: sessions.alive(read, ids))

    async def list_own(self, who: Admitted) -> tuple[SessionInfo, ...]:
        """The member's sessions, the newest first."""
        now = self._clock.now()
        found = await self._storage.read(lambda read: sessions.open_of_member(read, who.member))
        live = [one for one in found if not rules.is_expired(one.created_at, one.last_seen_at, now, self._limits)]
        return tuple(session_info(one, here=one.id == who.session) for one in live)

    async def sign_out(self, who: Admitted) -> None:
        await self._storage.transact(lambda work: sessions.end(work, {who.session: "signed_out"}))

    async def end_own(self, who: Admitted, name: str) -> None:
        """End one of one's own sessions; one that is over already stays so. Raises: SessionNotFound, also for others' sessions."""
        try:
            session = from_wire(name)
        except ValueError:
            raise SessionNotFound from None

        async def act(work: Work) -> None:
            owner = await sessions.owner(work, session)
            if owner != (who.member, who.company):
                raise SessionNotFound
            await sessions.end(work, {session: "ended"})

        await self._storage.transact(act)


def _parsed(text: str) -> Token | YizhanError:
    try:
        return parse(text)
    except YizhanError as refused:
        return refused


def session_info(session: OpenSession, *, here: bool = False) -> SessionInfo:
    return SessionInfo(
        session=to_wire(session.id),
        device_class=session.device_class,
        device_name=session.device_name,
        address=session.address,
        since=session.created_at,
        last_seen_at=session.last_seen_at,
        here=here,
    )
