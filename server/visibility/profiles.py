"""Cards of members as a viewer has them: all fields of oneself, of others those that their company and they themselves show (SPEC B9).

The name is no field here: who is known is known by name (DESIGN 8, *know*). Of his units those are named that the viewer sees.
"""

from collections.abc import Collection

from protocol.events import MemberInfo
from protocol.ids import to_wire
from server.visibility.service import Viewer, access
from server.visibility.terms import What
from storage import members
from storage.members import Card
from storage.work import Read

FIELDS = ("number", "nickname", "gender", "job_title", "phone", "mail", "signature")


async def profile(read: Read, viewer: Viewer, member: int) -> MemberInfo:
    """Raises: MemberNotFound, also where ``viewer`` may not know of him."""
    card, both = await access(read, viewer, member)
    if member == viewer.member:
        units = await members.unit_names(read, [member])
        return info(card, units.get(member, ()), own=True)
    shown = [field for field in FIELDS if both.sees(What.FIELD, field=field)]
    return info(card, both.units(), own=False, shown=shown)


def info(card: Card, units: tuple[str, ...], *, own: bool, shown: Collection[str] = ()) -> MemberInfo:
    """``shown``: the fields of another member that are."""
    fields = {field: getattr(card, field) if own or field in shown else "" for field in FIELDS}
    return MemberInfo(
        member=to_wire(card.id),
        name=card.name,
        kind="robot" if card.kind == "robot" else "person",
        company=card.company_name,
        units=units,
        **fields,
    )
