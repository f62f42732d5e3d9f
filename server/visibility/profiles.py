"""Cards of members as a viewer has them: all fields of oneself, of others what everybody in the company may read."""

from protocol.events import MemberInfo
from protocol.ids import to_wire
from server.visibility.service import Viewer, access_member
from storage import members
from storage.members import Card
from storage.work import Read


async def profile(read: Read, viewer: Viewer, member: int) -> MemberInfo:
    """Raises: MemberNotFound, also where ``viewer`` may not know of him."""
    card = await access_member(read, viewer, member)
    units = await members.unit_names(read, [member])
    return info(card, units.get(member, ()), own=member == viewer.member)


def info(card: Card, units: tuple[str, ...], *, own: bool) -> MemberInfo:
    """Phone and mail are only for oneself until a company says otherwise (SPEC B9)."""
    return MemberInfo(
        member=to_wire(card.id),
        name=card.name,
        number=card.number,
        kind="robot" if card.kind == "robot" else "person",
        company=card.company_name,
        nickname=card.nickname,
        gender=card.gender,
        job_title=card.job_title,
        phone=card.phone if own else "",
        mail=card.mail if own else "",
        signature=card.signature,
        units=units,
    )
