"""Accounts: the names that one signs in by, the password's stored form, and the members that an account opens (DESIGN 4).

Names come folded (``server.accounts.names``); what a stored password means is ``server.accounts.passwords``.
"""

from typing import Any

import msgspec
import sqlalchemy as sa

from storage.schema.accounts import accounts, login_names, members, robot_tokens
from storage.schema.companies import companies
from storage.statements import column, insert_into, statement, update_of
from storage.work import Read, Work

_a, _l, _m, _c, _r = accounts.c, login_names.c, members.c, companies.c, robot_tokens.c


class Login(msgspec.Struct, frozen=True):
    """A login name with its account. ``member`` is None where the person chooses (phone, mail)."""

    name: str
    account: int
    member: int | None
    password_hash: str | None
    password_version: int
    must_change_password: bool
    only_company: int | None


class Place(msgspec.Struct, frozen=True):
    """One of an account's members, with what decides whether it may come in."""

    member: int
    company: int
    company_name: str
    name: str
    kind: str
    state: str
    suspended: bool
    device_policy: str


class Password(msgspec.Struct, frozen=True):
    """An account's password as it is stored."""

    account: int
    stored: str | None
    version: int
    only_company: int | None


# a phone or an address that nobody has proved to be his is no login name (SPEC D1)
LOGIN = statement(
    sa.select(_l.name, _l.account, _l.member, _a.password_hash, _a.password_version, _a.must_change_password, _a.only_company)
    .join(accounts, _a.id == _l.account)
    .where(_l.name == column("name"), sa.or_(_l.kind == "number", _l.kind == "domain", _l.verified_at.is_not(None)))
)
_PLACE = (_m.id, _m.company, _c.name, _m.name, _m.kind, _m.state, _c.suspended, _c.device_policy)
PLACES = statement(
    sa.select(*_PLACE).join(companies, _c.id == _m.company).where(_m.account == column("account")).order_by(_m.company, _m.id)
)
PLACE = statement(sa.select(*_PLACE).join(companies, _c.id == _m.company).where(_m.id == column("member")))
PASSWORD = statement(sa.select(_a.id, _a.password_hash, _a.password_version, _a.only_company).where(_a.id == column("account")))
NAMES = statement(sa.select(_l.name).where(_l.account == column("account")))
BOUND = statement(
    sa.select(_l.kind, _l.name).where(
        _l.account == column("account"), sa.or_(_l.kind == "phone", _l.kind == "mail"), _l.verified_at.is_not(None)
    )
)
HOLDER = statement(sa.select(_l.account).where(_l.name == column("name")))
DROP_BOUND = statement(sa.delete(login_names).where(_l.account == column("account"), _l.kind == column("kind")))
ROBOT = statement(sa.select(_r.member).where(_r.hash == column("hash")))
INSERT_ACCOUNT = insert_into(accounts, "id", "password_hash", "must_change_password", "created_at")
INSERT_LOGIN = insert_into(login_names, "name", "kind", "account", "member", "verified_at")
INSERT_ROBOT_TOKEN = insert_into(robot_tokens, "hash", "member", "created_at")
_SET_PASSWORD = (
    sa.update(accounts)
    .values(
        password_hash=column("set_password_hash"),
        password_version=_a.password_version + 1,
        must_change_password=column("set_must_change_password"),
        password_changed_at=column("set_password_changed_at"),
    )
    .where(_a.id == column("id"))
)
SET_PASSWORD = statement(_SET_PASSWORD)
RESET_PASSWORD = statement(_SET_PASSWORD.values(only_company=column("set_only_company")))
SET_FIRST_PASSWORD = update_of(accounts, "password_hash", "must_change_password", where=["id"])
LIFT = update_of(accounts, "only_company", where=["id"])
REHASH = update_of(accounts, "password_hash", where=["id", "password_hash"])
ROBOT_USED = update_of(robot_tokens, "last_used_at", where=["hash"])


async def login(read: Read, name: str) -> Login | None:
    """Whom the folded ``name`` belongs to; a phone or mail only where it is verified."""
    row = await read.one(LOGIN, name=name)
    if row is None:
        return None
    *rest, must_change, only_company = row
    fields: Any = (*rest, bool(must_change), only_company)
    return Login(*fields)


async def places(read: Read, account: int) -> list[Place]:
    """All members of ``account``, in whatever state, those of the oldest company first."""
    return [_place(row) for row in await read.all(PLACES, account=account)]


async def place(read: Read, member: int) -> Place | None:
    row = await read.one(PLACE, member=member)
    return None if row is None else _place(row)


def _place(row: "tuple[object, ...]") -> Place:
    member, company, company_name, name, kind, state, suspended, policy = row
    return Place(member, company, company_name, name, kind, state, bool(suspended), policy)  # type: ignore[arg-type]


async def password(read: Read, account: int) -> Password | None:
    row = await read.one(PASSWORD, account=account)
    return None if row is None else Password(*row)


async def names(read: Read, account: int) -> list[str]:
    """The folded login names of ``account``."""
    return [row[0] for row in await read.all(NAMES, account=account)]


async def bound(read: Read, account: int) -> dict[str, str]:
    """The phone and the mail address that the person proved to be his: kind to folded name."""
    return {row[0]: row[1] for row in await read.all(BOUND, account=account)}


async def holder(read: Read, name: str) -> int | None:
    """The account that the folded ``name`` belongs to, verified or not."""
    account: int | None = await read.value(HOLDER, name=name)
    return account


async def set_password(work: Work, account: int, stored: str) -> None:
    """The person's own choice: nothing forces a change any more. A reset's limit to one company stays until it is lifted."""
    await work.run(SET_PASSWORD, id=account, set_password_hash=stored, set_must_change_password=False, set_password_changed_at=work.now)


async def reset_password(work: Work, account: int, company: int, stored: str) -> None:
    """An administrator's choice: it must be changed, and opens ``company``'s member alone until the person confirms (DESIGN 4)."""
    await work.run(
        RESET_PASSWORD,
        id=account,
        set_password_hash=stored,
        set_must_change_password=True,
        set_only_company=company,
        set_password_changed_at=work.now,
    )


async def set_first_password(work: Work, account: int, stored: str) -> None:
    """Of an account that had none; it must be changed at the first sign-in."""
    await work.run(SET_FIRST_PASSWORD, id=account, set_password_hash=stored, set_must_change_password=True)


async def lift_restriction(work: Work, account: int) -> None:
    """The person confirmed by a verified phone or mail: the password opens all of the account's members again."""
    await work.run(LIFT, id=account, set_only_company=None)


async def rehash(work: Work, account: int, old: str, stored: str) -> None:
    """The same password under newer parameters; nothing happens where it was changed meanwhile."""
    await work.run(REHASH, id=account, password_hash=old, set_password_hash=stored)


async def bind(work: Work, name: str, kind: str, account: int) -> None:
    """``name`` (folded), which nobody else has, is the account's one login name of that kind (phone, mail); in the turn."""
    await work.run(DROP_BOUND, account=account, kind=kind)
    await work.run(INSERT_LOGIN, name=name, kind=kind, account=account, member=None, verified_at=work.now)


async def add_robot_token(work: Work, token_hash: bytes, member: int) -> None:
    await work.run(INSERT_ROBOT_TOKEN, hash=token_hash, member=member, created_at=work.now)


async def robot(read: Read, token_hash: bytes) -> int | None:
    """The member that the token belongs to."""
    member: int | None = await read.value(ROBOT, hash=token_hash)
    return member


async def use_robot_token(work: Work, token_hash: bytes) -> int | None:
    """As ``robot``; remembers when the token was used."""
    member = await robot(work, token_hash)
    if member is not None:
        await work.run(ROBOT_USED, hash=token_hash, set_last_used_at=work.now)
    return member
