"""Acts on units, members and the company's own fields."""

from typing import Any

import msgspec

from server.directory.seen import SeenService
from server.org.cards import Changes
from server.roles.giving import HEADED
from storage.fields import Field
from tests.support.acts import WANG, ZHAO, Case, World


def field(w: World, **changes: Any) -> Field:
    return msgspec.structs.replace(w.field, **changes)


CASES: dict[str, Case] = {
    "FieldService.list_fields": Case(
        "field.list",
        lambda w, by: w.fields.list_fields(by, "acme"),
        lambda w, by: w.fields.list_fields(by, "nowhere"),
    ),
    "FieldService.add": Case(
        "field.add",
        lambda w, by: w.fields.add(by, "acme", "Shoe size"),
        lambda w, by: w.fields.add(by, "acme", "Locker"),
    ),
    "FieldService.change": Case(
        "field.change",
        lambda w, by: w.fields.change(by, "acme", field(w, name="Lockers")),
        lambda w, by: w.fields.change(by, "acme", field(w, kind="number")),
    ),
    "FieldService.delete": Case(
        "field.delete",
        lambda w, by: w.fields.delete(by, "acme", w.field.id),
        lambda w, by: w.fields.delete(by, "acme", 7),
    ),
    "FieldService.set_values": Case(
        "member.change",
        lambda w, by: w.fields.set_values(by, "acme", ZHAO, {w.field.id: "12"}),
        lambda w, by: w.fields.set_values(by, "acme", ZHAO, {7: "12"}),
    ),
    "FieldService.list_values": Case(
        "field.list_values",
        lambda w, by: w.fields.list_values(by, "acme", ZHAO),
        lambda w, by: w.fields.list_values(by, "acme", "9999"),
    ),
    "FieldService.list_privacy": Case(
        "field.list_privacy",
        lambda w, by: w.fields.list_privacy(by, "acme"),
        lambda w, by: w.fields.list_privacy(by, "nowhere"),
    ),
    "FieldService.set_privacy": Case(
        "field.privacy",
        lambda w, by: w.fields.set_privacy(by, "acme", "phone", "hidden"),
        lambda w, by: w.fields.set_privacy(by, "acme", "phone", "sometimes"),
    ),
    "MemberService.place": Case(
        "member.place",
        lambda w, by: w.office.members.place(by, "acme", ZHAO, [w.lab]),
        lambda w, by: w.office.members.place(by, "acme", WANG, [w.lab]),
    ),
    "MemberService.move_many": Case(
        "member.move",
        lambda w, by: w.office.members.move_many(by, "acme", [ZHAO], w.lab),
        lambda w, by: w.office.members.move_many(by, "acme", [ZHAO], 7),
    ),
    "MemberService.add_to_unit": Case(
        "member.add_to_unit",
        lambda w, by: w.office.members.add_to_unit(by, "acme", [ZHAO], w.lab),
        lambda w, by: w.office.members.add_to_unit(by, "acme", [ZHAO], 7),
    ),
    "MemberService.change": Case(
        "member.change",
        lambda w, by: w.office.members.change(by, "acme", ZHAO, Changes(name="Zhao Min")),
        lambda w, by: w.office.members.change(by, "acme", ZHAO, Changes(name="")),
    ),
    "MemberService.set_hidden": Case(
        "member.hide",
        lambda w, by: w.office.members.set_hidden(by, "acme", [ZHAO], True),
        lambda w, by: w.office.members.set_hidden(by, "acme", ["9999"], True),
    ),
    "MemberService.set_scope": Case(
        "member.scope",
        lambda w, by: w.office.members.set_scope(by, "acme", ZHAO, [w.lab]),
        lambda w, by: w.office.members.set_scope(by, "acme", ZHAO, [7]),
    ),
    "MemberService.list_scope": Case(
        "member.list_scope",
        lambda w, by: w.office.members.list_scope(by, "acme", ZHAO),
        lambda w, by: w.office.members.list_scope(by, "acme", "9999"),
    ),
    "OrgService.list_units": Case(
        "unit.list",
        lambda w, by: w.office.org.list_units(by, "acme"),
        lambda w, by: w.office.org.list_units(by, "nowhere"),
    ),
    "SeenService.tree": Case(
        "org.seen",
        lambda w, by: SeenService(w.office.storage).tree(by, "acme", ZHAO),
        lambda w, by: SeenService(w.office.storage).tree(by, "acme", "9999"),
    ),
    "OrgService.add": Case(
        "unit.add",
        lambda w, by: w.office.org.add(by, "acme", "Board"),
        lambda w, by: w.office.org.add(by, "acme", "Lab"),
    ),
    "OrgService.rename": Case(
        "unit.rename",
        lambda w, by: w.office.org.rename(by, "acme", w.lab, "Laboratory"),
        lambda w, by: w.office.org.rename(by, "acme", w.lab, "Sales"),
    ),
    "OrgService.describe": Case(
        "unit.describe",
        lambda w, by: w.office.org.describe(by, "acme", w.lab, code="L"),
        lambda w, by: w.office.org.describe(by, "acme", w.lab, kind="kingdom"),
    ),
    "OrgService.set_disabled": Case(
        "unit.disable",
        lambda w, by: w.office.org.set_disabled(by, "acme", w.lab, True),
        lambda w, by: w.office.org.set_disabled(by, "acme", 7, True),
    ),
    "OrgService.set_hidden": Case(
        "unit.hide",
        lambda w, by: w.office.org.set_hidden(by, "acme", w.lab, True),
        lambda w, by: w.office.org.set_hidden(by, "acme", 7, True),
    ),
    "OrgService.move": Case(
        "unit.move",
        lambda w, by: w.office.org.move(by, "acme", w.lab, w.sales),
        lambda w, by: w.office.org.move(by, "acme", w.lab, w.lab),
    ),
    "OrgService.delete": Case(
        "unit.delete",
        lambda w, by: w.office.org.delete(by, "acme", w.hall),
        lambda w, by: w.office.org.delete(by, "acme", w.sales),
    ),
    "OrgService.set_first_head": Case(
        "unit.first_head",
        lambda w, by: w.office.org.set_first_head(by, "acme", w.sales, ZHAO),
        lambda w, by: w.office.org.set_first_head(by, "acme", w.lab, ZHAO),
        beside=HEADED,  # nobody gives what he does not hold
    ),
    "OrgService.set_other_heads": Case(
        "unit.other_heads",
        lambda w, by: w.office.org.set_other_heads(by, "acme", w.sales, [ZHAO]),
        lambda w, by: w.office.org.set_other_heads(by, "acme", w.sales, [WANG]),
        beside=HEADED,
    ),
    "OrgService.set_sort": Case(
        "member.sort",
        lambda w, by: w.office.org.set_sort(by, "acme", w.sales, ZHAO, 5),
        lambda w, by: w.office.org.set_sort(by, "acme", w.lab, ZHAO, 5),
    ),
    "OrgService.set_limits": Case(
        "company.limits",
        lambda w, by: w.office.org.set_limits(by, "acme", root_units=9, unit_members=9),
        lambda w, by: w.office.org.set_limits(by, "acme", root_units=0, unit_members=9),
    ),
}
