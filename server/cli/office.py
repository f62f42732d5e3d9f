"""Acting on the database beside a running server or without one (DESIGN 10): short units, as the owner of its file.

The server hears of what was done by its sweep, within a second. Imported by commands when they are called, for it brings SQLAlchemy.
"""

import contextlib
import os
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from protocol.errors import MemberNotFound, SessionNotFound, YizhanError
from protocol.ids import from_wire
from server import data_folder
from server.accounts.passwords import Passwords
from server.audit.service import OPERATOR, Actor, Details, administer, operator
from server.checks.machine import user_name
from server.cli.advice import about
from server.clock import SystemClock
from server.companies.errors import CompanyNotFound, UnitNotFound
from server.companies.finding import company_of, member_of
from server.companies.service import CompanyService
from server.companies.settings import CompanySettingsService
from server.companies.welcome import WelcomeService
from server.config.model import Settings
from server.notifier.base import Ways
from server.notifier.smtp import SmtpNotifier
from server.org import paths
from server.org.batches import Refused, asked, refusal
from server.org.leaving import LeavingService
from server.org.members import MemberService
from server.org.notices import NoticeService
from server.org.rules import Limits
from server.org.service import OrgService, load_tree
from server.outside.handover import OutsideHandover
from server.outside.reporting import OutsideReportService
from storage import companies, members, sessions
from storage.companies import Company
from storage.engine import Storage, connect, sqlite_path
from storage.errors import DatabaseBehind
from storage.revision import newest, revision_of
from storage.work import Read, Work

PATIENCE_SECONDS = 60.0
PAGE = 200


class NoDatabase(YizhanError):
    code = "cli.no_database"
    en = "there is no database yet at {place}"
    zh = "{place} 还没有数据库"
    advice = (
        "`yizhan serve` makes it at its first start, `yizhan migrate` without starting; another place: server.data or database.url",
        "`yizhan serve` 首次启动时会创建,`yizhan migrate` 可直接创建;其他位置请用 server.data 或 database.url 指定",
    )

    def __init__(self, place: str) -> None:
        super().__init__(place=place)


class NotOwner(YizhanError):
    """Whoever writes to SQLite leaves files beside it; those of another user the server could not read."""

    code = "cli.not_owner"
    en = "{path} belongs to {owner}, and this is {user}: files left behind beside it could lock the server out"
    zh = "{path} 属于 {owner},而当前用户是 {user}:留下的文件可能使服务器无法访问数据库"

    def __init__(self, path: Path, owner: str, user: str) -> None:
        super().__init__(path=str(path), owner=owner, user=user)
        self.advice = (f"run it as {owner}: sudo -u {owner} yizhan ...", f"请以 {owner} 身份执行:sudo -u {owner} yizhan ...")


class SeveralCompanies(YizhanError):
    code = "cli.several_companies"
    en = "there are several companies"
    zh = "有多个企业"
    advice = ("name one by --company; `yizhan company list` shows them", "请用 --company 指定其一;`yizhan company list` 列出所有企业")


class NoCompany(YizhanError):
    code = "cli.no_company"
    en = "there is no company yet"
    zh = "还没有企业"
    advice = ("make one: `yizhan company add acme --name 'Acme Ltd'`", "请先创建:`yizhan company add acme --name 'Acme Ltd'`")


@dataclass(frozen=True)
class Office:
    """The services on the database of the settings, and who acts."""

    storage: Storage
    companies: CompanyService
    settings: CompanySettingsService
    org: OrgService
    members: MemberService
    leaving: LeavingService
    passwords: Passwords
    actor: Actor
    limits: Limits
    welcome: WelcomeService
    """Mails newcomers, where the settings have a mail server."""
    notices: NoticeService
    """Likewise, for whoever is chosen."""
    reports: OutsideReportService

    async def company(self, number: str | None) -> str:
        """``number``, or that of the only company. Raises: NoCompany, SeveralCompanies."""
        if number:
            return number
        found = await self.storage.read(lambda read: companies.page(read, "", 2))
        if len(found) == 1:
            return found[0].number
        raise SeveralCompanies if found else NoCompany

    async def company_of(self, who: str, act: str) -> str:
        """The company of the member with this account number or wire id, for ``act``. Raises: MemberNotFound."""
        company, is_there = await self._company_of(who)
        if not is_there:
            await self.refuse(about(MemberNotFound(), who), company, act, {"member": who})
        return company

    async def _company_of(self, who: str) -> tuple[str, bool]:
        """The company's number, the operator's where there was never such a member; and whether the member is there now."""
        card = await self.storage.read(lambda read: members.find_by_number(read, who))
        if card is None:
            with contextlib.suppress(ValueError):
                id = from_wire(who)
                card = await self.storage.read(lambda read: members.find(read, id))
        if card is None:
            return OPERATOR, False
        return await self._number(card.company, card.company_kind), card.state != "deleted"

    async def unit(self, company: str, path: str, act: str) -> int:
        """The unit that ``path`` names, by default the root, for ``act``. Raises: CompanyNotFound, UnitNotFound, UnitAmbiguous."""

        async def look(read: Read) -> int:
            tree = await load_tree(read, (await company_of(read, company)).id)
            return paths.find(tree, path) if path else tree.root

        try:
            return await self.storage.read(look)
        except YizhanError as error:
            await self.refuse(about(error, path) if isinstance(error, UnitNotFound) else error, company, act, {"unit": path})
            raise

    async def paths(self, company: str, wanted: Sequence[int]) -> list[str]:
        """Of these units, in the order in which they are given."""

        async def look(read: Read) -> list[str]:
            tree = await load_tree(read, (await company_of(read, company)).id)
            return [paths.written(tree, tree[unit]) for unit in wanted if unit in tree]

        return await self.storage.read(look) if wanted else []

    async def member(self, company: str, who: str, act: str) -> int:
        """The company's member with this account number or wire id, for ``act``. Raises: CompanyNotFound, MemberNotFound."""
        try:
            return (await self.storage.read(lambda read: member_of(read, company, who))).id
        except YizhanError as error:
            await self.refuse(about(error, who) if isinstance(error, MemberNotFound) else error, company, act, {"member": who})
            raise

    async def check_members(self, company: str, whos: Iterable[str], act: str) -> None:
        """So that an error says which of them is not there. Raises: CompanyNotFound, MemberNotFound."""
        for who in whos:
            await self.member(company, who, act)

    async def companies_of(self, whos: Sequence[str], act: str) -> dict[str, list[str]]:
        """Members by their companies' numbers. Raises: MemberNotFound, with ``batches.refusals``, before anything is done to any."""
        companies_by_who = {who: await self._company_of(who) for who in whos}
        missing = [Refused(who, MemberNotFound()) for who, (_, is_there) in companies_by_who.items() if not is_there]
        if missing:
            error = refusal(missing)
            if len(missing) == 1:
                about(error, missing[0].who)
            await self.refuse(error, OPERATOR, act, asked([one.who for one in missing]))
        found: dict[str, list[str]] = {}
        for who, (company, _) in companies_by_who.items():
            found.setdefault(company, []).append(who)
        return found

    async def parent(self, company: str, unit: int) -> int:
        """The unit above ``unit``; of the root itself."""

        async def look(read: Read) -> int:
            tree = await load_tree(read, (await company_of(read, company)).id)
            above = tree[unit].parent
            return unit if above is None else above

        return await self.storage.read(look)

    async def company_of_session(self, session: str, act: str) -> str:
        """Raises: SessionNotFound."""
        owner = None
        with contextlib.suppress(ValueError):
            id = from_wire(session)
            owner = await self.storage.read(lambda read: sessions.owner(read, id))
        if owner is None:
            await self.refuse(about(SessionNotFound(), session), OPERATOR, act, {"session": session})
        assert owner is not None
        return await self._number(owner[1], "")

    async def refuse(self, error: YizhanError, company: str, act: str, asked: Details) -> None:
        """Raise ``error``, after its entry: attempts that are refused before the service sees them are in the audit trail too (V6)."""

        async def refused(work: Work) -> None:
            raise error

        await administer(self.storage, self.actor, company, act, refused, asked=asked)

    async def _number(self, company: int, kind: str) -> str:
        if kind == "personal":
            return kind
        async for page in self.every_company():
            for found in page:
                if found.id == company:
                    return found.number
        raise CompanyNotFound(str(company))

    async def every_company(self) -> AsyncIterator[list[Company]]:
        after = ""
        while page := await self._companies_after(after):
            yield page
            after = page[-1].number

    async def _companies_after(self, after: str) -> list[Company]:
        return await self.storage.read(lambda read: companies.page(read, after, PAGE))


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Office]:
    """Raises: NoDatabase, NotOwner, DatabaseBehind, DatabaseAway."""
    url = settings.database.url
    check_owner(url)
    await _check_revision(url)
    clock = SystemClock()
    limits = limits_in(settings)
    storage = await connect(url, now=clock.now, patience=PATIENCE_SECONDS)
    passwords = Passwords(settings.sign_in, clock)
    mail = SmtpNotifier(settings.smtp, clock) if settings.smtp.host else None
    ways: Ways = {"mail": mail} if mail is not None else {}
    try:
        yield Office(
            storage,
            CompanyService(storage, passwords, device_policy=settings.sessions.device_policy, limits=limits),
            CompanySettingsService(storage, passwords),
            OrgService(storage, limits),
            MemberService(storage, limits),
            LeavingService(storage, passwords, [OutsideHandover()]),
            passwords,
            operator(user_name(os.geteuid()), "command line"),
            limits,
            WelcomeService(storage, ways),
            NoticeService(storage, ways),
            OutsideReportService(storage),
        )
    finally:
        await storage.close()
        passwords.close()
        if mail is not None:
            mail.close()


def limits_in(settings: Settings) -> Limits:
    """Of companies that settled none of their own."""
    return Limits(settings.organisation.root_units, settings.organisation.unit_members)


async def _check_revision(url: str) -> None:
    found, needed = await revision_of(url), newest()
    if not found:
        raise NoDatabase(str(sqlite_path(url)) if url.startswith("sqlite") else "that address")
    if found != needed:
        raise DatabaseBehind(found, needed)


def check_owner(url: str) -> None:
    """Raises: NotOwner where the file, or if there is none yet its folder, belongs to another user."""
    if not url.startswith("sqlite"):
        return
    path = sqlite_path(url)
    place = next((place for place in (path, *path.parents) if place.exists()), path)
    if place not in (path, path.parent):
        return  # the folder is still to be made, and is then ours
    owner = place.stat().st_uid
    if owner != os.geteuid():
        raise NotOwner(place, user_name(owner), user_name(os.geteuid()))


def make_folder(settings: Settings) -> None:
    """Raises: DataFolderUnusable."""
    data_folder.make(settings.server.data)
