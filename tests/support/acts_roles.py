"""Acts on roles."""

from server.roles.grants import Grant
from server.roles.permissions import Scope
from server.roles.service import SEEING
from tests.support.acts import LINA, ZHAO, Case

ALL = {"org.view": Grant(Scope.ALL)}
SELF = {"org.view": Grant(Scope.SELF)}  # as far as which it does not go

CASES: dict[str, Case] = {
    "RoleService.list_roles": Case(
        "role.list",
        lambda w, by: w.roles.list_roles(by, "acme"),
        lambda w, by: w.roles.list_roles(by, "nowhere"),
        instead=SEEING,
    ),
    "RoleService.list_members": Case(
        "role.members",
        lambda w, by: w.roles.list_members(by, "acme", "ordinary"),
        lambda w, by: w.roles.list_members(by, "acme", "king"),
        instead=SEEING,
    ),
    "RoleService.explain": Case(
        "role.explain",
        lambda w, by: w.roles.explain(by, "acme", ZHAO, "org.manage"),
        lambda w, by: w.roles.explain(by, "acme", ZHAO, "org.fly"),
    ),
    "RoleService.add": Case(
        "role.add",
        lambda w, by: w.roles.add(by, "acme", "Looker", grants=ALL),
        lambda w, by: w.roles.add(by, "acme", "Looker", grants=SELF),
        beside=("org.view",),  # nobody gives what he does not hold
    ),
    "RoleService.edit": Case(
        "role.edit",
        lambda w, by: w.roles.edit(by, "acme", "staff", grants=ALL),
        lambda w, by: w.roles.edit(by, "acme", "company_administrator", name="King"),
        beside=("org.view",),
    ),
    "RoleService.delete": Case(
        "role.delete",
        lambda w, by: w.roles.delete(by, "acme", "staff"),
        lambda w, by: w.roles.delete(by, "acme", "ordinary"),
    ),
    "RoleService.give": Case(
        "role.give",
        lambda w, by: w.roles.give(by, "acme", [ZHAO], "staff"),
        lambda w, by: w.roles.give(by, "acme", [LINA], "ordinary"),
    ),
}
