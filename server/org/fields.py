"""Fields of a company's own on its members' cards, and who is shown which field (SPEC B3, B9).

The acts, each with its entry; what fields may be is ``field_rules``, and who sees one in the end is ``server.visibility``'s to decide.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from protocol.ids import from_wire, to_wire
from server.audit.service import Actor, Details, administer, look, record
from server.org.errors import FieldNotFound, PrivacyUnknown
from server.org.field_rules import PRIVATE_FIELDS, SHOWN, checked, define, find
from server.org.people import acted_on
from server.org.rules import LARGEST_SORT
from server.org.service import differences
from server.roles.asking import company_for, permit
from server.visibility.sieving import sieve
from storage import company_log, fields
from storage.draw import draw_id
from storage.engine import Storage
from storage.fields import Field
from storage.work import Read, Work


class FieldService:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def list_fields(self, actor: Actor, company: str) -> list[Field]:
        """In their order. Raises: CompanyNotFound."""

        async def do(read: Read) -> list[Field]:
            found = await company_for(read, company, actor)
            await sieve(read, found, actor)
            return await fields.of_company(read, found.id)

        return await look(self._storage, actor, company, "field.list", do, asked={})

    async def add(
        self, actor: Actor, company: str, name: str, *, kind: str = "text", choices: Sequence[str] = (), is_required: bool = False
    ) -> Field:
        """It comes last. Raises: CompanyNotFound, and as ``define``."""
        id = draw_id()

        async def act(work: Work) -> Field:
            found = await company_for(work, company, actor)
            await permit(work, found, actor)
            there = await fields.of_company(work, found.id)
            sort = min(max((one.sort for one in there), default=0) + 1, LARGEST_SORT)
            made = define(there, Field(id, name, kind, tuple(choices), is_required, sort))
            await fields.insert(work, found.id, made)
            await company_log.tell(work, found.id, subjects=["fields"])
            await record(work, found.id, actor, "field.add", {"field": to_wire(id), "name": made.name, "kind": kind})
            return made

        return await administer(self._storage, actor, company, "field.add", act, asked={"name": name})

    async def change(self, actor: Actor, company: str, field: Field) -> Field:
        """``field`` as it is to be: name, choices, order, whether it is required.

        Raises: CompanyNotFound, FieldNotFound, and as ``define``.
        """

        async def act(work: Work) -> Field:
            found = await company_for(work, company, actor)
            await permit(work, found, actor)
            there = await fields.of_company(work, found.id)
            before = find(there, field.id)
            made = define(there, field)
            if made != before:
                await fields.save(work, found.id, made)
                await company_log.tell(work, found.id, subjects=["fields"])
                await record(work, found.id, actor, "field.change", {"field": to_wire(field.id), **differences(before, made)})
            return made

        return await administer(self._storage, actor, company, "field.change", act, asked={"field": to_wire(field.id)})

    async def delete(self, actor: Actor, company: str, field: int) -> None:
        """With all its values. Raises: CompanyNotFound, FieldNotFound."""

        async def act(work: Work) -> int:
            found = await company_for(work, company, actor)
            await permit(work, found, actor)
            before = find(await fields.of_company(work, found.id), field)
            await fields.delete(work, found.id, field)
            await company_log.tell(work, found.id, subjects=["fields"])
            await record(work, found.id, actor, "field.delete", {"field": to_wire(field), "name": before.name})
            return found.id

        number = await administer(self._storage, actor, company, "field.delete", act, asked={"field": to_wire(field)})
        while await self._storage.transact(partial(fields.forget, company=number, field=field)):
            pass

    async def set_values(self, actor: Actor, company: str, who: str, wanted: Mapping[int, str]) -> None:
        """Values of a member's card; those of fields that are not named stay.

        Raises: CompanyNotFound, MemberNotFound, FieldNotFound, and as ``checked``.
        """

        async def act(work: Work) -> None:
            found, (one,), _ = await acted_on(work, company, actor, [who])
            there = await fields.of_company(work, found.id)
            after = {field: checked(find(there, field), value) for field, value in wanted.items()}
            before = (await fields.values(work, found.id, [one.id])).get(one.id, {})
            changing = {field: value for field, value in after.items() if value != before.get(field, "")}
            if changing:
                await fields.set_values(work, found.id, one.id, changing)
                await company_log.tell(work, found.id, members=[one.id])
                changes = {find(there, field).name: [before.get(field, ""), value] for field, value in changing.items()}
                await record(work, found.id, actor, "member.change", {"member": to_wire(one.id), **changes})

        await administer(self._storage, actor, company, "member.change", act, asked={"member": who})

    async def list_values(self, actor: Actor, company: str, who: str) -> list[tuple[Field, str]]:
        """What a member has in each field, in their order; empty for nothing. A look.

        Raises: CompanyNotFound, MemberNotFound, NotAllowed.
        """

        async def do(read: Read) -> list[tuple[Field, str]]:
            found, (one,), _ = await acted_on(read, company, actor, [who])
            there = (await fields.values(read, found.id, [one.id])).get(one.id, {})
            return [(field, there.get(field.id, "")) for field in await fields.of_company(read, found.id)]

        return await look(self._storage, actor, company, "field.list_values", do, asked={"member": who})

    async def list_privacy(self, actor: Actor, company: str) -> list[tuple[str, str]]:
        """The fields of which the company has said who is shown them: (field, one of ``SHOWN``). Raises: CompanyNotFound, NotAllowed."""

        async def do(read: Read) -> list[tuple[str, str]]:
            found = await company_for(read, company, actor)
            await permit(read, found, actor)
            return sorted((await fields.privacy(read, found.id)).items())

        return await look(self._storage, actor, company, "field.list_privacy", do, asked={})

    async def set_privacy(self, actor: Actor, company: str, field: str, shown: str) -> None:
        """Who is shown ``field`` (one of ``PRIVATE_FIELDS``, or the id on the wire of one of the company's own): ``SHOWN``.

        A member may narrow his own phone further; the stricter wins (SPEC B9).
        Raises: CompanyNotFound, FieldNotFound, PrivacyUnknown.
        """

        async def act(work: Work) -> None:
            found = await company_for(work, company, actor)
            await permit(work, found, actor)
            if shown not in SHOWN:
                raise PrivacyUnknown(shown)
            if field not in PRIVATE_FIELDS:
                find(await fields.of_company(work, found.id), _number(field))
            before = (await fields.privacy(work, found.id)).get(field, "")
            if before != shown:
                await fields.set_privacy(work, found.id, field, shown)
                await company_log.tell(work, found.id, subjects=["privacy"])
                entry: Details = {"field": field, "shown": [before, shown]}
                await record(work, found.id, actor, "field.privacy", entry)

        await administer(self._storage, actor, company, "field.privacy", act, asked={"field": field, "shown": shown})


def _number(field: str) -> int:
    try:
        return from_wire(field)
    except ValueError:
        raise FieldNotFound from None
