"""Planted faults of V1, each found by its name: what was acknowledged is gone, or is there otherwise.

Crashes that take the last message, edits and recalls that never were, numbers and versions that do not agree.
"""

import msgspec
import pytest

from tests.faults.history import Tried
from tests.support.clean_draft import ENOUGH, Draft, Fault, Faults, NoVictim, found

FAULTS = Faults()
plant = FAULTS.plant


@plant("lost-message")
def the_last_message_is_gone_after_a_crash(d: Draft) -> None:
    wish, answer = d.answered("send")
    row = d.conversations[wish.conversation]
    d.table(wish.conversation, head=answer.seq - 1, messages=row.messages[: answer.seq - 1])


@plant("lost-message")
def another_message_has_its_seq_after_a_crash(d: Draft) -> None:
    wish, answer = d.answered("send")
    d.store(wish.conversation, answer.seq, client_id="another", bodies=("another",))


@plant("lost-edit")
def an_acknowledged_edit_is_not_there(d: Draft) -> None:
    wish, answer = d.answered("edit")
    d.store(wish.conversation, wish.seq, bodies=d.row(wish.conversation, wish.seq).bodies[: answer.version - 1])


@plant("lost-edit")
def two_edits_of_one_version_are_both_acknowledged(d: Draft) -> None:
    wish, answer = d.answered("edit")
    again = msgspec.structs.replace(wish, index=answer.index + 1, body="another")
    tried = Tried(answer.index + 2, wish.device, again.index)
    d.put(answer, answer, again, tried, msgspec.structs.replace(answer, index=answer.index + 3, wish=again.index, attempt=tried.index))


@plant("lost-recall")
def an_acknowledged_recall_is_not_there(d: Draft) -> None:
    wish, _ = d.answered("recall")
    d.store(wish.conversation, wish.seq, recalled=False, bodies=d.row(wish.conversation, wish.seq).bodies[:-1])


@plant("lost-reaction")
def an_acknowledged_reaction_is_not_there(d: Draft) -> None:
    wish, _ = d.answered("react", alone=True)
    mine = d.member[wish.device], wish.reaction
    row = d.row(wish.conversation, wish.seq)
    if row.recalled or (mine in row.reactions) != wish.on:
        raise NoVictim
    d.store(wish.conversation, wish.seq, reactions=tuple(r for r in row.reactions if r != mine) if wish.on else (*row.reactions, mine))


@plant("acknowledged-otherwise")
def another_seq_is_acknowledged(d: Draft) -> None:
    _, answer = d.answered("send")
    d.alter(answer, seq=answer.seq + 1)


@plant("acknowledged-otherwise")
def another_version_is_acknowledged(d: Draft) -> None:
    _, answer = d.answered("edit")
    d.alter(answer, version=answer.version + 1)


@plant("acknowledged-otherwise")
def the_same_id_with_other_content_is_no_conflict(d: Draft) -> None:
    wish, _ = d.answered("send")
    d.alter(wish, body="another")


@pytest.mark.parametrize(("name", "fault"), FAULTS.params())
def test_a_planted_fault_is_found_by_its_name(name: str, fault: Fault) -> None:
    where = found(name, fault)
    assert len(where) == ENOUGH, "too few of the clean histories have a victim"
    assert all(where.values()), where
