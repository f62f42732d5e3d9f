"""Cards of members as a viewer has them: all fields of oneself, of others those that their company and they themselves show (SPEC B9).

Fields of the company's own, and some others, are for colleagues alone. The name is no field here: who is known is known by name
(DESIGN 8, *know*). Of his units those are named that the viewer sees.
"""

from collections.abc import Callable, Collection
from typing import Literal

from msgspec.structs import replace

from protocol.events import MemberInfo
from protocol.ids import to_wire
from server.accounts.names import fold
from server.visibility.service import Viewer, access, shown_state
from server.visibility.terms import What
from storage import accounts, fields, members
from storage.members import Card
from storage.work import Read

FIELDS = (
    *("number", "nickname", "gender", "job_title", "phone", "mail", "signature"),
    *("star_sign", "office_phone", "employee_no", "description", "tags"),
)
WITHIN = frozenset(("employee_no", "description", "tags"))  # the company's own business, as its own fields are
BINDABLE: tuple[Literal["phone", "mail"], ...] = ("phone", "mail")


async def profile(read: Read, viewer: Viewer, member: int) -> MemberInfo:
    """Raises: MemberNotFound, also where ``viewer`` may not know of him."""
    card, both = await access(read, viewer, member)
    if member == viewer.member:
        units = await members.unit_names(read, [member])
        bound = await accounts.bound(read, card.account) if card.account is not None else {}
        made = info(card, units.get(member, ()), own=True)
        kinds = tuple(kind for kind in BINDABLE if bound.get(kind, "") == fold(getattr(card, kind)) != "")
        return replace(made, fields=await _of_company(read, card), bound=kinds, phone_private=card.is_phone_private)
    colleagues = card.company == viewer.company
    shown = [field for field in FIELDS if (colleagues or field not in WITHIN) and both.sees(What.FIELD, field=field)]
    made = info(card, both.units(), own=False, shown=shown)
    if not colleagues:
        return made
    return replace(made, fields=await _of_company(read, card, lambda field: bool(both.sees(What.FIELD, field=to_wire(field)))))


async def _of_company(read: Read, card: Card, is_shown: Callable[[int], bool] = lambda field: True) -> dict[str, str]:
    """Fields of the company's own that have a value, in their order."""
    values = (await fields.values(read, card.company, [card.id])).get(card.id, {})
    there = await fields.of_company(read, card.company) if values else []
    return {field.name: values[field.id] for field in there if field.id in values and is_shown(field.id)}


def info(card: Card, units: tuple[str, ...], *, own: bool, shown: Collection[str] = ()) -> MemberInfo:
    """``shown``: the fields of another member that are."""
    told = {field: getattr(card, field) for field in FIELDS if own or field in shown}
    return MemberInfo(
        member=to_wire(card.id),
        name=card.name,
        kind="robot" if card.kind == "robot" else "person",
        state=shown_state(card.state),
        company=card.company_name,
        units=units,
        **told,
    )
