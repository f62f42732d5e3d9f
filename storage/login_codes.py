"""Codes that were sent to a phone or a mail address and wait to be typed: one for each account and kind (SPEC B10).

Whether a code is the right one the server decides; here a try is taken before it is looked at, so that many at the same moment are no
more than they may be.
"""

import msgspec
import sqlalchemy as sa

from storage.schema.accounts import login_codes
from storage.statements import Statement, column, statement
from storage.work import Read, Work

_c = login_codes.c


class LoginCode(msgspec.Struct, frozen=True):
    """``name`` is the folded login name, ``stored`` the code's salted hash; times in milliseconds UTC."""

    account: int
    kind: str
    name: str
    stored: str
    sent_at: int
    expires_at: int
    tries: int = 0


_FIELDS = LoginCode.__struct_fields__
_KEY = (_c.account == column("account"), _c.kind == column("kind"))
_REPLACE = """INSERT INTO login_codes (account, kind, name, stored, sent_at, expires_at, tries) VALUES ({}, {}, {}, {}, {}, {}, 0)
ON CONFLICT (account, kind) DO UPDATE SET
name = excluded.name, stored = excluded.stored, sent_at = excluded.sent_at, expires_at = excluded.expires_at, tries = 0"""
_ORDER = _FIELDS[:-1]
REPLACE = Statement(
    sqlite=_REPLACE.format(*(f":{name}" for name in _ORDER)), postgres=_REPLACE.format(*(f"${at}" for at in range(1, 7))), order=_ORDER
)
FIND = statement(sa.select(*(_c[name] for name in _FIELDS)).where(*_KEY))
TRY = statement(
    sa.update(login_codes)
    .values(tries=_c.tries + sa.literal_column("1"))
    .where(*_KEY, _c.tries < column("most"), _c.expires_at > column("now"))
    .returning(*(_c[name] for name in _FIELDS))
)
DROP = statement(sa.delete(login_codes).where(*_KEY, _c.stored == column("stored")))
DROP_OF_ACCOUNT = statement(sa.delete(login_codes).where(_c.account == column("account")))
FORGET = statement(sa.delete(login_codes).where(_c.expires_at < column("before")))


async def find(read: Read, account: int, kind: str) -> LoginCode | None:
    row = await read.one(FIND, account=account, kind=kind)
    return None if row is None else LoginCode(*row)


async def replace(work: Work, code: LoginCode) -> None:
    """The one code of its account and kind from now on; the one before is worth nothing."""
    await work.run(REPLACE, **{name: getattr(code, name) for name in _ORDER})


async def take_try(work: Work, account: int, kind: str, *, most: int, now: int) -> LoginCode | None:
    """The code that waits, one try of it used up; None where there is none that may still be tried."""
    row = await work.one(TRY, account=account, kind=kind, most=most, now=now)
    return None if row is None else LoginCode(*row)


async def use(work: Work, code: LoginCode) -> bool:
    """Whether it was still there: whoever gets True is the only one."""
    return bool(await work.run(DROP, account=code.account, kind=code.kind, stored=code.stored))


async def drop_of_account(work: Work, account: int) -> None:
    await work.run(DROP_OF_ACCOUNT, account=account)


async def forget(work: Work, before: int) -> int:
    """Drop those that expired before that instant; gives how many."""
    return await work.run(FORGET, before=before)
