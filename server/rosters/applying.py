"""What one piece of an import does, in the turn, with its entry (LOG C3, SPEC B7).

Everything was decided when the import began, and its company is kept for it; a piece looks again only at whom it changes.
"""

from collections.abc import Sequence

import msgspec

from protocol.ids import to_wire
from server.audit.service import Actor, record
from server.org import cards
from server.rosters.columns import OWN
from server.rosters.pieces import Newcomer, Piece
from server.rosters.plan import Change, Leaver
from storage import members, people, rosters, sessions, units
from storage.members import NewMember
from storage.people import Record
from storage.units import Place, Unit
from storage.work import Work

REASON = "import {id}"  # of who is disabled for being missing
_AT_ONCE = ("name", "nickname", "gender", "job_title", "phone", "mail", "employee_no", "pinyin")  # what a new member's row begins with
Entry = dict[str, str | int | bool | list[str] | None]


async def apply(work: Work, actor: Actor, company: int, id: int, piece: Piece, role: int | None) -> None:
    """``id``: the import's. ``role``: of newcomers."""
    entry: Entry = {"import": to_wire(id)}
    await _units(work, company, piece.units, piece.changed_units, entry)
    await _change(work, company, piece.changes, entry)
    await _add(work, company, piece.newcomers, role, entry)
    await _disable(work, company, piece.leavers, REASON.format(id=to_wire(id)), entry)
    await record(work, company, actor, "member.import", entry)


async def _units(work: Work, company: int, new: Sequence[Unit], changed: Sequence[tuple[Unit, Unit]], entry: Entry) -> None:
    for unit in new:
        await units.insert(work, company, unit)
    if new:
        entry["units"] = [f"{to_wire(unit.id)} {unit.name}" for unit in new]
    if changed:
        await units.save(work, company, [after for _, after in changed])
        for before, after in changed:
            entry[f"unit {to_wire(after.id)}"] = [
                f"{name}: {getattr(before, name)} → {getattr(after, name)}"
                for name in ("kind", "code", "description")
                if getattr(before, name) != getattr(after, name)
            ]


async def _add(work: Work, company: int, newcomers: Sequence[Newcomer], role: int | None, entry: Entry) -> None:
    if not newcomers:
        return
    await members.insert(work, [_new_member(one, company, role) for one in newcomers])
    rest = [one for one in newcomers if not set(_plain(one.fields)) <= set(_AT_ONCE)]
    there = await people.records(work, company, [one.member for one in rest]) if rest else {}
    await rosters.save_records(work, [_with(there[one.member], one.fields) for one in rest])
    await rosters.set_sorts(
        work, company, [(one.member, place.unit, place.sort) for one in newcomers for place in one.places if place.sort]
    )
    await rosters.set_heads(
        work, company, [(member.member, place.unit, place.head) for member in newcomers for place in member.places if place.head]
    )
    await rosters.set_values(work, company, [(one.member, field, value) for one in newcomers for field, value in _own(one.fields).items()])
    entry["added"] = [to_wire(one.member) for one in newcomers]
    entry["numbers"] = [one.number for one in newcomers]


def _new_member(one: Newcomer, company: int, role: int | None) -> NewMember:
    made = NewMember(
        id=one.member,
        company=company,
        name=one.fields["name"],
        account=one.account,
        password_hash=one.password,
        number=one.number,
        units=tuple(place.unit for place in one.places),
        scope=one.scope,
        role=role,
        state="draft" if one.password is None else "active",
    )
    return msgspec.structs.replace(made, **{name: one.fields[name] for name in _AT_ONCE if name in one.fields})


def _plain(fields: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in fields.items() if not key.startswith(OWN)}


def _own(fields: dict[str, str]) -> dict[int, str]:
    """Of the company's own: field to value."""
    return {int(key.removeprefix(OWN)): value for key, value in fields.items() if key.startswith(OWN)}


def _with(record: Record, fields: dict[str, str]) -> Record:
    wanted: dict[str, str | bool] = dict(_plain(fields))
    if "is_hidden" in fields:
        wanted["is_hidden"] = bool(fields["is_hidden"])
    if "last_day" in fields:
        wanted["is_last_day_told"] = False
    return msgspec.structs.replace(record, **wanted)


async def _change(work: Work, company: int, changes: Sequence[Change], entry: Entry) -> None:
    """Who was deleted meanwhile has nothing to be changed."""
    there = await people.records(work, company, [one.member for one in changes]) if changes else {}
    found = [one for one in changes if one.member in there and there[one.member].state != "deleted"]
    after = {one.member: _with(there[one.member], {key: value for key, (_, value) in one.fields.items()}) for one in found}
    await rosters.save_records(work, [after[one.member] for one in found if one.fields])
    own = [(one.member, _own({key: value for key, (_, value) in one.fields.items()})) for one in found]
    await rosters.set_values(work, company, [(member, field, value) for member, values in own for field, value in values.items()])
    for member, made in after.items():
        if made.account is not None:
            for kind, name in cards.unbound(there[member], made):
                await people.unbind(work, made.account, kind, name)
    await units.set_places(work, company, {one.member: one.after for one in found if one.after is not None})
    for one in found:
        work.member_changed(one.member)
        told = [f"{key}: {before} → {now}" for key, (before, now) in one.fields.items()]
        if one.after is not None:
            told.append("units: " + " → ".join(", ".join(map(_said, some)) for some in (one.before, one.after)))
        entry[f"member {to_wire(one.member)}"] = told


def _said(place: Place) -> str:
    return f"{to_wire(place.unit)} {place.sort} {place.head}".rstrip()


async def _disable(work: Work, company: int, leavers: Sequence[Leaver], reason: str, entry: Entry) -> None:
    if not leavers:
        return
    there = await people.records(work, company, [one.member for one in leavers])
    gone = [one.member for one in leavers if one.member in there and there[one.member].state == "active"]
    await sessions.end_of_members(work, gone, "disabled")
    await people.set_states(work, gone, "disabled", reason)
    for member in gone:
        work.member_changed(member)
    entry["disabled"] = [to_wire(member) for member in gone]
    entry["reason"] = reason
