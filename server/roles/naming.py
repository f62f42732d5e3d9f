"""What roles are called, and how one is named: by its id, by the kind or preset of the product's own, or by its name (SPEC C1). Pure."""

from collections.abc import Mapping

from protocol.ids import from_wire
from server.companies import rules as companies
from server.org.rules import same_name
from server.roles.errors import PresetUnknown, RoleAmbiguous, RoleNameTaken, RoleNotFound, RolesLimit
from server.roles.grants import NOTHING, Grant, Role, starting
from storage.roles import CUSTOM, INVITED, ORDINARY, PRESETS

ROLES = 100


def find(roles: Mapping[int, Role], wanted: str) -> Role:
    """Raises: RoleNotFound, RoleAmbiguous."""
    name = same_name(wanted)
    found = [role for role in roles.values() if name in names(role)]
    if len(found) > 1:
        raise RoleAmbiguous(wanted)
    if found:
        return found[0]
    try:
        return roles[from_wire(wanted)]
    except (ValueError, KeyError):
        raise RoleNotFound from None


def names(role: Role) -> set[str]:
    """What people may call it: its name in either language, and of the product's own the kind or preset."""
    own = {role.begins_as} if role.is_system or not role.name else set()
    return own | {same_name(role.shown(language)) for language in ("en", "zh")}


def of_the_invited(roles: Mapping[int, Role], chosen: int | None) -> Role:
    """What whoever joins by invitation gets: the role that the company chose, else the preset for it, else an ordinary member's."""
    if chosen is not None and chosen in roles:
        return roles[chosen]
    found = {role.begins_as: role for role in roles.values()}
    return found.get(INVITED) or found[ORDINARY]


def new_role(name: str, preset: str, description: str, grants: Mapping[str, Grant]) -> Role:
    """A custom role that is still without an id. Raises: NameInvalid, PresetUnknown."""
    if preset and preset not in PRESETS:
        raise PresetUnknown(preset, ", ".join(PRESETS))
    whole = {**starting(preset), **grants}
    kept = {permission: grant for permission, grant in whole.items() if grant != NOTHING}
    return Role(0, CUSTOM, preset, companies.name("name", name, may_be_empty=bool(preset)), description, kept)


def check_name(roles: Mapping[int, Role], role: Role) -> None:
    """Raises: RoleNameTaken."""
    for other in roles.values():
        if other.id != role.id and names(other) & names(role):
            raise RoleNameTaken(role.shown())


def check_room(roles: Mapping[int, Role]) -> None:
    """Raises: RolesLimit."""
    if len(roles) >= ROLES:
        raise RolesLimit(ROLES)
