"""The demo company (DESIGN 13, 'First run'): made by the services at times in the past, once, also where the first attempt was cut."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from server.accounts.passwords import Passwords
from server.audit.service import operator
from server.clock import ManualClock, SystemClock
from server.companies.errors import CompanyNumberTaken
from server.companies.service import CompanyService
from server.config import SettingsInvalid, load
from server.config.model import Settings
from server.conversations.service import ConversationService
from server.demo import content, kept, plan
from server.demo.service import make
from server.roles.service import RoleService
from storage import companies, members
from storage.engine import Storage, connect
from storage.schema.accounts import members as member_rows
from storage.schema.conversations import conversations
from storage.schema.log import messages, reactions
from storage.statements import statement
from tests.support.house import CHEAP
from tests.support.house import settings as settings_for

NOW = SystemClock().now()
DAY = 24 * plan.HOUR


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    return settings_for(database, tmp_path / "data")


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Storage]:
    storage = await connect(settings.database.url, now=lambda: NOW)
    try:
        yield storage
    finally:
        await storage.close()


async def made(settings: Settings, *, now: int = NOW) -> kept.Kept | None:
    with contextlib.closing(Passwords(CHEAP, ManualClock(now))) as passwords:
        return await make(settings, passwords, now=now)


async def rows(settings: Settings, selected: Any) -> list[Any]:
    async with opened(settings) as storage:
        return await storage.read(lambda read: read.all(statement(selected)))


async def counts(settings: Settings) -> list[int]:
    tables = (member_rows, conversations, messages, reactions)
    return [(await rows(settings, sa.select(sa.func.count()).select_from(table)))[0][0] for table in tables]


async def test_there_are_forty_people_in_eight_units_with_conversations_in_both_languages(settings: Settings) -> None:
    await made(settings)
    async with opened(settings) as storage:
        company = await storage.read(lambda read: companies.find(read, content.COMPANY))
        assert company is not None
        assert company.demo
        people = await storage.read(lambda read: members.page(read, company.id, ("", 0), 100))
        units = await storage.read(lambda read: companies.units_of(read, company.id, 100))
    assert len(people) == len({card.number for card in people}) == 40
    assert len([unit for unit in units if unit.parent is not None]) == 8
    kinds = [row[0] for row in await rows(settings, sa.select(conversations.c.kind))]
    assert (kinds.count("direct"), kinds.count("group")) == (7, 7)


async def test_it_happened_over_the_last_days_and_nothing_lies_in_the_future(settings: Settings) -> None:
    await made(settings)
    times = [row[0] for row in await rows(settings, sa.select(messages.c.sent_at).order_by(messages.c.sent_at))]
    assert NOW - 5 * DAY < times[0] < NOW - 3 * DAY
    assert NOW - plan.HOUR < times[-1] < NOW


async def test_there_is_something_of_everything_to_see(settings: Settings) -> None:
    """Replies, reactions, a recalled one, an edited one, pinned ones, mentions, and something unread."""
    demo = await made(settings)
    assert demo is not None
    lina = demo.logins[0]
    async with opened(settings) as storage:
        card = await storage.read(lambda read: members.find_by_number(read, lina.number))
        assert card is not None
        states = await ConversationService(storage).every((card.company, card.id), 0)
    assert sum(state.row["unread"] > 0 for state in states) >= 3
    assert sum(state.row["unread"] == 0 for state in states) >= 3
    recalls = sa.func.sum(sa.cast(messages.c.recalled, sa.Integer))
    flags = sa.select(recalls, sa.func.count(messages.c.pinned_at), sa.func.max(messages.c.version))
    recalled, pinned, version = (await rows(settings, flags))[0]
    assert (recalled, pinned, version) == (1, 2, 2)
    assert len(await rows(settings, sa.select(messages.c.seq).where(messages.c.reply_to > 0))) > 5
    assert len(await rows(settings, sa.select(reactions.c.seq))) > 20


async def test_a_second_start_finds_it_as_it_was(settings: Settings) -> None:
    first, before = await made(settings), await counts(settings)
    assert await made(settings, now=NOW + DAY) == first
    assert await counts(settings) == before


@pytest.mark.parametrize("stops_at", ["open", "say", "react", "read"])
async def test_what_was_cut_in_the_middle_is_completed_as_if_it_had_not_been(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, stops_at: str
) -> None:
    """At its tenth step of this kind the process ends; the next start makes the rest, under the same ids."""

    steps = plan.steps

    def cut(*asked: Any) -> list[plan.Step]:
        all_of_them = steps(*asked)
        last = [step for step in all_of_them if step.what == stops_at][9]
        return [*all_of_them[: all_of_them.index(last) + 1], plan.Step(last.at, last.talk, "say", "nobody", 1)]

    with monkeypatch.context() as patch:
        patch.setattr(plan, "steps", cut)
        with pytest.raises(KeyError):
            await made(settings)
    started = kept.load(settings.server.data)
    assert started is not None
    assert started.logins == ()
    done = await made(settings, now=NOW + plan.HOUR)
    assert done is not None
    assert (done.seed, done.made_at, done.passwords) == (started.seed, started.made_at, started.passwords)
    assert await counts(settings) == [40, 14, 84, 32]


async def test_one_of_those_who_are_shown_is_the_company_administrator_and_all_others_are_ordinary(settings: Settings) -> None:
    """So that what administrators may can be tried as a member, too, and who may not beside it."""
    demo = await made(settings)
    assert demo is not None
    assert [(login.number, login.name) for login in demo.logins if login.role == "company_administrator"] == [("10004", "谢梅")]
    async with opened(settings) as storage:
        listed = await RoleService(storage).list_roles(operator("ops"), content.COMPANY)
        administrators = await RoleService(storage).list_members(operator("ops"), content.COMPANY, "company_administrator")
    assert [one.number for one in administrators] == ["10004"]
    assert {one.role.begins_as: one.members for one in listed if one.members} == {"company_administrator": 1, "ordinary": 39}


async def test_an_administrator_who_was_not_made_one_yet_is_made_one_at_the_next_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ended when the people were there."""

    async def nobody(*_: Any) -> None:
        raise KeyError("the end")

    with monkeypatch.context() as patch:
        patch.setattr(RoleService, "give", nobody)
        with pytest.raises(KeyError):
            await made(settings)
    await made(settings)
    async with opened(settings) as storage:
        administrators = await RoleService(storage).list_members(operator("ops"), content.COMPANY, "company_administrator")
    assert [one.number for one in administrators] == ["10004"]


async def test_the_passwords_are_kept_where_only_the_owner_reads_them(settings: Settings) -> None:
    demo = await made(settings)
    assert demo is not None
    file = settings.server.data / kept.FILE
    assert file.stat().st_mode & 0o777 == 0o600
    assert kept.load(settings.server.data) == demo
    shown = [login.password for login in demo.logins[: len(content.LOGINS)]]
    assert len(set(shown)) == len(content.LOGINS) == 4
    assert demo.password_of("10002") == shown[1]
    assert demo.password_of("77777") == ""


async def test_where_the_passwords_are_not_kept_any_more_the_company_stays_as_it_is(settings: Settings) -> None:
    await made(settings)
    before = await counts(settings)
    (settings.server.data / kept.FILE).unlink()
    assert await made(settings) is None
    assert await counts(settings) == before


async def test_a_new_database_beside_an_old_file_gets_new_passwords(settings: Settings) -> None:
    """Somebody removed the database to begin again."""
    old = kept.Kept(b"seed", NOW - DAY, {}, (kept.Login("10001", "somebody", "old password"),))
    kept.save(settings.server.data, old)
    demo = await made(settings)
    assert demo is not None
    assert demo.made_at == NOW
    assert demo.password_of("10001") not in ("", "old password")


async def test_a_company_that_is_no_demo_is_left_alone(settings: Settings) -> None:
    async with opened(settings) as storage:
        with contextlib.closing(Passwords(CHEAP, SystemClock())) as passwords:
            service_of = CompanyService(storage, passwords)
            await service_of.create(operator("ops"), content.COMPANY, name="Real", short_name="Real", seats=10, first_number=10001)
    with pytest.raises(CompanyNumberTaken):
        await made(settings)


async def test_everybody_has_a_password_of_the_file_and_each_one_is_hashed_once(settings: Settings) -> None:
    with contextlib.closing(Passwords(CHEAP, SystemClock())) as passwords:
        demo = await make(settings, passwords, now=NOW)
        assert passwords.runs == len(content.LOGINS) + 1
    assert demo is not None
    assert all(demo.password_of(login.number) for login in demo.logins)


def test_it_is_refused_where_others_can_connect() -> None:
    with pytest.raises(SettingsInvalid, match="demo"):
        load(environment={"YIZHAN_GATEWAY__HOST": "0.0.0.0"}, options={"demo.company": True})


# ---- the content


def test_everybody_who_says_something_is_in_the_conversation() -> None:
    for talk in content.TALKS:
        assert set(talk.people) <= {person.key for person in content.PEOPLE}
        for line in talk.lines:
            named = {line.who, *line.mentions, *(who for who, _ in line.reactions)}
            assert named <= set(talk.people), line
            assert line.reply_to <= len(talk.lines)


def test_names_are_unique_because_an_interrupted_making_finds_people_by_them() -> None:
    assert len({person.name for person in content.PEOPLE}) == len(content.PEOPLE)
    assert len({unit.name for unit in content.UNITS}) == len(content.UNITS)


def test_steps_come_in_the_order_of_time_and_of_their_talk() -> None:
    steps = plan.steps(content.TALKS, NOW)
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    for number, talk in enumerate(content.TALKS):
        said = [step.line for step in steps if step.talk == number and step.what == "say"]
        assert said == list(range(1, len(talk.lines) + 1))
