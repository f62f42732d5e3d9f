"""Lists of one's outside contacts and requests, page by page (SPEC H1). A page's cursor is the id of its last row, which its viewer has."""

from protocol.errors import CursorInvalid
from protocol.events import OutsideContact, OutsideRequest
from protocol.ids import from_wire, to_wire
from server.clock import Clock
from server.outside import rules
from server.visibility.service import Viewer
from storage import outside
from storage import outside_requests as requests
from storage.engine import Storage
from storage.outside import Listed
from storage.outside_requests import Incoming, Request


class OutsidePages:
    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def contacts(self, viewer: Viewer, page: str, limit: int) -> tuple[tuple[OutsideContact, ...], str]:
        """With what asks for the next page. Raises: CursorInvalid."""
        behind = _behind(page)
        found = await self._storage.read(lambda read: outside.page(read, viewer.company, viewer.member, behind, limit + 1))
        shown = tuple(_contact(one) for one in found[:limit])
        return shown, shown[-1].member if len(found) > limit else ""

    async def to_me(self, viewer: Viewer, page: str, limit: int) -> tuple[tuple[OutsideRequest, ...], str]:
        """Those that wait. Raises: CursorInvalid."""
        behind, after = _behind(page), self._clock.now() - rules.REQUEST_MS
        found = await self._storage.read(lambda read: requests.page_to(read, viewer.member, after, behind, limit + 1))
        shown = tuple(_incoming(one) for one in found[:limit])
        return shown, shown[-1].asked if len(found) > limit else ""

    async def mine(self, viewer: Viewer, page: str, limit: int) -> tuple[tuple[OutsideRequest, ...], str]:
        """Raises: CursorInvalid."""
        behind, now = _behind(page), self._clock.now()
        found = await self._storage.read(lambda read: requests.page_mine(read, viewer.company, viewer.member, behind, limit + 1))
        shown = tuple(_made(one, now) for one in found[:limit])
        return shown, shown[-1].asked if len(found) > limit else ""


def _behind(page: str) -> int:
    if not page:
        return -1
    try:
        return from_wire(page)
    except ValueError:
        raise CursorInvalid from None


def _contact(one: Listed) -> OutsideContact:
    contact = one.contact
    return OutsideContact(
        member=to_wire(contact.other),
        name=one.name,
        company=one.company_name,
        since=contact.since,
        remark=contact.remark,
        state="disabled" if one.state == "disabled" else "active",
        blocked=contact.blocked,
        ended=contact.removed,
    )


def _incoming(one: Incoming) -> OutsideRequest:
    asked = one.request
    return OutsideRequest(
        asked=to_wire(asked.id),
        at=asked.asked_at,
        member=to_wire(asked.member),
        name=one.name,
        company=one.company_name,
        words=asked.words,
        instead_of=one.leaver,
    )


def _made(asked: Request, now: int) -> OutsideRequest:
    """As its maker is told: one that was refused, or reached nobody, waits until it expires."""
    is_accepted = asked.state == "accepted"
    known = asked.named if asked.named is not None else asked.target if is_accepted else None
    answered: dict[str, str] = {"state": asked.state} if asked.state in ("accepted", "withdrawn") else {}
    if not answered and not rules.waits("waiting", asked.asked_at, now):
        answered = {"state": "expired"}
    return OutsideRequest(
        asked=to_wire(asked.id),
        at=asked.asked_at,
        address=asked.address,
        member="" if known is None else to_wire(known),
        words=asked.words,
        remark=asked.remark,
        **answered,  # type: ignore[arg-type]
    )
