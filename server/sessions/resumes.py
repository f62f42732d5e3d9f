"""Resumes of one read: who is let in with what, and what that asks to be written. Reading and writing are the service's."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from protocol.errors import YizhanError
from protocol.events import MemberInfo
from server.sessions import rules
from server.sessions.errors import SessionOver
from server.sessions.rules import Limits, Stolen, Worth
from server.sessions.tokens import Token, stored
from server.visibility.profiles import info
from storage.sessions import Resumable, Rotation


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who was let in: his session, and his card as he sees it.

    ``token`` is empty where the one that he has stays valid. Until ``must_change_password`` is done he may do nothing else. The session
    is over at ``ends_at`` in any case. Between the reading of these values and the moment that the connection is known under its session
    an end may pass by in the feed: ask ``SessionService.alive`` once then.
    """

    session: int
    member: int
    company: int
    account: int | None
    device_class: str
    me: MemberInfo
    token: str = field(repr=False)
    must_change_password: bool
    ends_at: int


class Resumes:
    """What resumes of one read ask to be written."""

    def __init__(self, key: bytes, limits: Limits, now: int) -> None:
        self._key = key
        self._limits = limits
        self._now = now
        self.rotations: list[Rotation] = []
        self.used: dict[int, bytes] = {}
        self.stolen: list[int] = []

    def admit(self, token: Token, row: Resumable | None, units: Mapping[int, tuple[str, ...]]) -> Admitted | YizhanError:
        try:
            worth = rules.judge(token, row, key=self._key, now=self._now, limits=self._limits)
        except Stolen:
            self.stolen.append(token.session)
            return SessionOver("token_stolen")
        except YizhanError as refused:
            return refused
        assert row is not None, "judge raises where there is none"
        card = row.card
        return Admitted(
            row.id,
            card.id,
            card.company,
            card.account,
            row.device_class,
            info(card, units.get(card.id, ()), own=True),
            self._renewed(token, row, worth),
            row.must_change_password,
            row.created_at + self._limits.total,
        )

    def _renewed(self, token: Token, row: Resumable, worth: Worth) -> str:
        new = rules.replacement(token, worth, self._key)
        if new is None:
            if worth is Worth.FIRST_USE:
                self.used[row.id] = row.token_hash
            return ""
        hashed = stored(new.secret)
        if hashed != row.token_hash:
            self.rotations.append(Rotation(row.id, row.token_hash, stored(token.secret), hashed))
        return str(new)
