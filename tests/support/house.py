"""A whole server for a test, in this process, with two companies whose people sign in through the SDK."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from protocol.ids import from_wire, to_wire
from server.app import Running, running
from server.audit.service import operator
from server.clock import Clock
from server.companies.service import CompanyService, Newcomer
from server.config.model import Gateway, Server, Settings, SignIn
from server.config.rules import derived
from server.wheel import Wheel
from yizhan.client import Client

PASSWORD = "correct horse 42"
OPERATOR = operator("tests")
CHEAP = SignIn(argon2_memory_kib=8192, argon2_time=1)  # passwords are not what these tests are about


@dataclass
class Person:
    """A member of a company: wire id, number, and (company, member) as the services know him."""

    name: str
    member: str
    number: str
    company: int

    @property
    def who(self) -> tuple[int, int]:
        return self.company, from_wire(self.member)


@dataclass
class House:
    """A running server and its people by name."""

    running: Running
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.running.gateway_port}/ws"

    def client(self, name: str, **options: Any) -> Client:
        """A device of the person; see ``yizhan.client.Client`` for the options."""
        chosen: dict[str, Any] = {"name": self.people[name].number, "password": PASSWORD, "fetch": "all", **options}
        return Client(self.url, **chosen)


def settings(database: str, folder: Path, **gateway: Any) -> Settings:
    """Settings for a test server on a free port."""
    made = derived(Settings(server=Server(data=folder), gateway=Gateway(port=0, **gateway), sign_in=CHEAP))
    return msgspec.structs.replace(made, database=msgspec.structs.replace(made.database, url=database))


async def settle(house: House, companies: CompanyService, number: str, first: int, *names: str, policy: str = "any") -> None:
    """A company with people of these names, numbered from ``first`` on, all with the same password."""
    made = await companies.create(OPERATOR, number, name=number, short_name=number, seats=1000, first_number=first)
    await companies.set_device_policy(OPERATOR, number, policy)
    added = await companies.add_many(OPERATOR, number, [Newcomer(name=name) for name in names], password=PASSWORD, must_change=False)
    for name, one in zip(names, added, strict=True):
        house.people[name] = Person(name, to_wire(one.member), one.number, made.id)


@contextlib.asynccontextmanager
async def open_house(
    database: str, folder: Path, *, clock: Clock | None = None, wheel: Wheel | None = None, **gateway: Any
) -> AsyncIterator[House]:
    """Acme with Li Na, Wang and Zhao; Globex with Smith and Jones."""
    async with running(settings(database, folder, **gateway), clock=clock, wheel=wheel) as server:
        house = House(server)
        await settle(house, server.companies, "acme", 10001, "Li Na", "Wang", "Zhao")
        await settle(house, server.companies, "globex", 20001, "Smith", "Jones")
        yield house
