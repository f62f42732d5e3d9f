"""Two companies and two personal accounts, whose people ask each other to become outside contacts (SPEC H1)."""

from typing import Any

from protocol.events import OutsideContact, OutsideRequest
from protocol.ids import from_wire, to_wire
from server.config.model import Outside
from server.conversations.service import ConversationService
from server.org.leaving import LeavingService
from server.outside.asking import OutsideRequestService, Wanted
from server.outside.contacts import OutsideContactService
from server.outside.handover import OutsideHandover
from server.outside.holding import OutsideHolding
from server.outside.pages import OutsidePages
from server.outside.reporting import OutsideReportService
from server.visibility.profiles import profile
from server.visibility.service import Viewer, access_addressable, access_to_write
from storage import companies, outside_talks
from storage.writer.entries import Outcome, SentOutcome
from tests.support.cast import Actor, Desk, draw, send
from tests.support.office import ROOT, Office


class There:
    """Li Na, Wang and Zhao of Acme; Smith and Jones of Bolt; Ming and Hong for themselves."""

    def __init__(self, office: Office, *, requests_a_day: int = 20, imported_a_day: int = 500) -> None:
        self.office, self.storage = office, office.storage
        settings = Outside(requests_a_day=requests_a_day, imported_a_day=imported_a_day)
        self.requests = OutsideRequestService(self.storage, settings)
        self.contacts = OutsideContactService(self.storage)
        self.reports = OutsideReportService(self.storage)
        self.pages = OutsidePages(self.storage, office.clock)
        self.holding = OutsideHolding(self.storage)
        self.talks = ConversationService(self.storage)
        self.leaving = LeavingService(self.storage, office.passwords, [OutsideHandover()])
        self.numbers: dict[int, str] = {}
        self.desk: Desk | None = None

    async def build(self) -> "There":
        await self.office.company("acme")
        await self.office.company("bolt", first_number=5001)
        self.lina, self.wang, self.zhao = [await self.actor("acme", name) for name in ("Li Na", "Wang", "Zhao")]
        self.smith, self.jones = [await self.actor("bolt", name) for name in ("Smith", "Jones")]
        self.ming, self.hong = [await self.actor("personal", name) for name in ("Ming", "Hong")]
        self.desk = Desk(self.storage)
        return self

    async def actor(self, company: str, name: str, **more: Any) -> Actor:
        added = await self.office.member(company, name, **more)
        self.numbers[added.member] = added.number
        if company == "personal":
            self.numbers[added.member] = f"{name.lower()}@home.example"
            assert await self.office.verify(added, self.numbers[added.member])
        found = await self.storage.read(lambda read: companies.find(read, company))
        assert found is not None
        return Actor(found.id, added.member, name)

    # ---- what they do

    async def ask(self, who: Actor, whom: Actor | str, *, words: str = "", remark: str = "", id: bytes = b"") -> None:
        """By his number, or by an address."""
        address = whom if isinstance(whom, str) else self.numbers[whom.id]
        await self.requests.ask(seen_by(who), Wanted(id or draw().to_bytes(16), address=address, words=words, remark=remark))

    async def ask_known(self, who: Actor, whom: int) -> None:
        await self.requests.ask(seen_by(who), Wanted(draw().to_bytes(16), member=whom))

    async def befriend(self, who: Actor, whom: Actor, *, remark: str = "", called: str = "") -> None:
        await self.ask(who, whom, remark=remark)
        await self.accept(whom, who, remark=called)

    async def accept(self, who: Actor, asker: Actor, *, remark: str = "") -> None:
        await self.requests.accept(seen_by(who), await self.asked(who, asker), remark)

    async def refuse(self, who: Actor, asker: Actor, *, block: bool = False) -> None:
        await self.requests.refuse(seen_by(who), await self.asked(who, asker), block=block)

    async def talk(self, who: Actor, whom: Actor) -> int:
        """Where the two talk, opened as a client opens it. Raises: MemberNotFound, OutsideHeld."""
        card = await self.storage.read(lambda read: access_addressable(read, seen_by(who), whom.id))
        state = await self.talks.open_direct(
            (who.company, who.id), (card.company, card.id), permitted=lambda read: access_to_write(read, seen_by(who), card.id)
        )
        return int(state.row["conversation"])

    async def say(self, who: Actor, talk: int, words: str = "hello") -> Outcome | None:
        assert self.desk is not None
        return (await self.desk.put(send(who, talk, words)))[0]

    async def says(self, who: Actor, talk: int) -> bool:
        return isinstance(await self.say(who, talk), SentOutcome)

    async def follow(self, *those: Actor) -> None:
        """A node has followed these people's companies."""
        for one in those:
            await self.holding.bring_up_to_date(one.company)

    # ---- what they see

    async def kept(self, who: Actor) -> dict[str, OutsideContact]:
        found, _ = await self.pages.contacts(seen_by(who), "", 100)
        return {one.name: one for one in found}

    async def to(self, who: Actor) -> list[OutsideRequest]:
        return list((await self.pages.to_me(seen_by(who), "", 100))[0])

    async def of(self, who: Actor) -> list[OutsideRequest]:
        """In the order in which they were made."""
        return sorted((await self.pages.mine(seen_by(who), "", 100))[0], key=lambda one: one.at)

    async def asked(self, who: Actor, asker: Actor) -> int:
        return next(from_wire(one.asked) for one in await self.to(who) if one.member == to_wire(asker.id))

    async def name_on_card(self, who: Actor, whom: Actor) -> str:
        """Raises: MemberNotFound."""
        return (await self.storage.read(lambda read: profile(read, seen_by(who), whom.id))).name

    async def is_held(self, who: Actor, whom: Actor) -> bool:
        found = await self.storage.read(lambda read: outside_talks.of_two(read, who.company, who.id, whom.id))
        assert found is not None
        return found.is_held


def seen_by(who: Actor) -> Viewer:
    return Viewer(who.company, who.id)


def settle_outside(there: There, company: str, allowed: bool) -> Any:
    return there.office.settings.set_outside(ROOT, company, allowed)
