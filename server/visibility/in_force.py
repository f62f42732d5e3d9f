"""A company's rules between units as values, from its rows: those that are in force (SPEC B6, B9)."""

from collections.abc import Iterable
from typing import cast

from server.visibility.policy import Parties, Rule, RuleKind
from storage import directory
from storage import visibility as stored
from storage.work import Read


async def rules_in_force(read: Read, company: int) -> tuple[Rule, ...]:
    """All of them, in the order in which they are named."""
    return rules_of(await directory.rules(read, company))


def rules_of(rows: Iterable[stored.Rule]) -> tuple[Rule, ...]:
    return tuple(
        Rule(
            row.id,
            cast(RuleKind, row.kind),
            _parties(row, "bound"),
            _parties(row, "white_list"),
            _parties(row, "exempted"),
            row.may_search,
            row.may_write,
        )
        for row in rows
    )


def _parties(row: stored.Rule, part: str) -> Parties:
    def named(kind: str) -> frozenset[int]:
        return frozenset(party for its_part, its_kind, party in row.parties if (its_part, its_kind) == (part, kind))

    return Parties(named("unit"), named("member"))
