"""What decides about sessions: which ones a new one ends, whether one's time is up, and what a token that comes back is worth.

Pure; what was read in the turn or in a snapshot goes in. Reasons are those of the event `session_ended`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from server.config.model import Sessions as SessionSettings
from server.sessions.errors import SessionOver, TokenInvalid
from server.sessions.tokens import Token, following, leads_to, stored
from storage.sessions import OpenSession, Resumable
from storage.writer.errors import CompanySuspended

DAY_MS = 24 * 3600 * 1000
HOUR_MS = 3600 * 1000


@dataclass(frozen=True)
class Limits:
    """In milliseconds, but ``per_member``: sessions that a member may have."""

    idle: int
    total: int
    rotate: int
    per_member: int

    @classmethod
    def of(cls, settings: SessionSettings) -> "Limits":
        return cls(settings.idle_days * DAY_MS, settings.total_days * DAY_MS, settings.rotate_hours * HOUR_MS, settings.per_member)

    @property
    def rotations(self) -> int:
        """More than a session can have had."""
        return self.total // self.rotate + 2


def is_expired(created_at: int, last_seen_at: int, now: int, limits: Limits) -> bool:
    return now - last_seen_at >= limits.idle or now - created_at >= limits.total


def one_per_class(policy: str, kind: str) -> bool:
    """Robots run wherever they run: a second process of one on another machine is no mistake."""
    return policy == "one_per_class" and kind != "robot"


def ended_by(
    existing: Iterable[OpenSession], *, device: str, device_class: str, exclusive: bool, now: int, limits: Limits
) -> Mapping[int, str]:
    """The sessions that a new one of this device ends, with the reason of each (SPEC D2).

    ``exclusive``: one per device class. Of a member's sessions the ones that were idle longest go when there are too many.
    """
    ends: dict[int, str] = {}
    stay = []
    for session in existing:
        if is_expired(session.created_at, session.last_seen_at, now, limits):
            ends[session.id] = "expired"
        elif session.device == device or (exclusive and session.device_class == device_class):
            ends[session.id] = "replaced"
        else:
            stay.append(session)
    stay.sort(key=lambda session: (session.last_seen_at, session.created_at, session.id))
    for session in stay[: max(0, len(stay) + 1 - limits.per_member)]:
        ends[session.id] = "too_many"
    return ends


class Worth(Enum):
    """What a token that may resume asks for."""

    CURRENT = "the newest one, and used before"
    FIRST_USE = "the newest one, for the first time: the one before is worth nothing any more"
    DUE = "the newest one, to be replaced"
    PREVIOUS = "the one before, whose replacement has not been used"


class Stolen(Exception):
    """An older token came back: two hold what one was given. The session is to be ended (DESIGN 13)."""


def judge(token: Token, row: Resumable | None, *, key: bytes, now: int, limits: Limits) -> Worth:
    """What ``token`` is worth; ``row`` is its session's. Nothing is told of a session before the secret was right.

    Raises: TokenInvalid, Stolen, SessionOver, CompanySuspended.
    """
    if row is None:
        raise TokenInvalid
    digest = stored(token.secret)
    if digest not in (row.token_hash, row.previous_hash):
        if not leads_to(token, (row.token_hash, row.previous_hash), key, steps=limits.rotations):
            raise TokenInvalid
        if row.ended_at is None:
            raise Stolen
    _check_open(row, now, limits)
    if digest != row.token_hash:
        return Worth.PREVIOUS
    if now - row.rotated_at >= limits.rotate:
        return Worth.DUE
    return Worth.CURRENT if row.previous_hash is None else Worth.FIRST_USE


def _check_open(row: Resumable, now: int, limits: Limits) -> None:
    """Raises: SessionOver, CompanySuspended (which passes: the session stays)."""
    if row.ended_at is not None:
        raise SessionOver(row.end_reason)
    if row.card.state != "active":
        raise SessionOver("disabled")
    if is_expired(row.created_at, row.last_seen_at, now, limits):
        raise SessionOver("expired")
    if row.outdone and one_per_class(row.device_policy, row.card.kind):
        raise SessionOver("replaced")
    if row.suspended:
        raise CompanySuspended


def replacement(token: Token, worth: Worth, key: bytes) -> Token | None:
    """The token to hand out, where there is to be one."""
    return following(token, key) if worth in (Worth.DUE, Worth.PREVIOUS) else None
