"""Follows what is committed, as this node applies it, and tells presence what is otherwise by it: at once, in the same turn of the loop.

What a change means for whom is decided by the evaluator, when ``company`` asks it.
"""

import asyncio
from collections.abc import Iterable

from protocol.errors import YizhanError
from server.delivery.hand_out import HandOut
from server.directory.picture import Followed
from server.directory.pictures import Pictures
from server.logs import Logger
from server.presence.service import Presence
from server.presence.ties import TiesOfWatchers
from server.presence.visible import Where
from server.presence.wishes import Wishes
from storage.feed import Payload

AGAIN_SECONDS = 0.5
log = Logger("presence")


class FeedOfNode:
    """How far this node has applied the feed, and its pictures followed it (LOG F5)."""

    def __init__(self, hand_out: HandOut, pictures: Pictures) -> None:
        self._hand_out = hand_out
        self._pictures = pictures

    @property
    def is_fresh(self) -> bool:
        return self._hand_out.is_fresh

    def is_settled(self, company: int) -> bool:
        return self._hand_out.applied == self._hand_out.known and self._pictures.is_current(company)


class Following:
    def __init__(self, presence: Presence, wishes: Wishes, ties: TiesOfWatchers, hand_out: HandOut) -> None:
        self._presence = presence
        self._wishes = wishes
        self._ties = ties
        self._hand_out = hand_out
        self._roles: set[int] = set()
        self._tied: set[tuple[int, int]] = set()
        self._task: asyncio.Task[None] | None = None

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def is_settled(self) -> bool:
        """Whether all that was applied on this node is told to presence."""
        return self._task is None

    # ---- what happened

    def picture_changed(self, company: int, followed: Followed | None) -> None:
        """The picture is brought up to date by this; None: it is another one, or there is none any more."""
        there = self._presence.watched(company)
        if there is None:
            return
        if followed is None or followed.has_other_rules:
            there.rules_changed()
            return
        if followed.units:
            there.units_changed(followed.units)
        there.members_changed(followed.members)

    def applied(self, payload: Payload) -> None:
        """A position was applied on this node."""
        for company in payload.companies:
            if self._presence.invisible(company):
                self._roles.add(company)
        for own in payload.own:
            if own.what == "contacts":
                self._look_at([own.member], Where.CONTACT)
        for moved in payload.conversations:
            if moved.seq_before == 0 and moved.seq:
                entry = self._hand_out.stays.get(moved.conversation)
                self._look_at(entry.open if entry is not None else (), Where.DIRECT)
        if (self._roles or self._tied) and self._task is None:
            self._task = asyncio.create_task(self._work(), name="presence")

    def _look_at(self, members: Iterable[int], where: Where) -> None:
        for member in members:
            company = self._presence.company_of(member)
            if company is not None and self._ties.is_wanted(member, where):
                self._tied.add((company, member))

    # ---- what has to be read for it

    async def _work(self) -> None:
        try:
            while self._roles or self._tied:
                roles, tied = self._roles, self._tied
                self._roles, self._tied = set(), set()
                try:
                    await self._read(roles, tied)
                except YizhanError as error:
                    if error.kind != "unknown":
                        raise
                    self._roles |= roles
                    self._tied |= tied
                    await asyncio.sleep(AGAIN_SECONDS)
        except Exception as error:
            log.exception("presence.failed", error)
        finally:
            self._task = None

    async def _read(self, roles: Iterable[int], tied: Iterable[tuple[int, int]]) -> None:
        for company in roles:
            await self._wishes.check_invisible(company)
        for company, member in tied:
            there = self._presence.watched(company)
            if await self._ties.renew(company, member) and there is not None:
                there.viewer_changed(member)
