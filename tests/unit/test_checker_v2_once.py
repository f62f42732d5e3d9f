"""Planted faults of V2, each found by its name: stored or run twice, answered differently, there without a wish.

Resends, refusals and wishes that are forgotten are among them.
"""

import msgspec
import pytest

from tests.faults.history import RECALLED, Answered, FeedRow, Shown, Tried
from tests.support.clean_draft import ENOUGH, Draft, Fault, Faults, found

FAULTS = Faults()
plant = FAULTS.plant


@plant("answered-differently")
def a_resend_gets_another_seq(d: Draft) -> None:
    _, answer = d.answered("send")
    d.after(answer, seq=answer.seq + 1)


@plant("answered-differently")
def a_resend_is_refused_because_its_sender_is_muted_by_now(d: Draft) -> None:
    wish, answer = d.answered(d.pick(["send", "edit", "recall"]))
    tried = Tried(answer.index + 1, wish.device, wish.index)
    no = Answered(answer.index + 2, wish.device, wish.index, tried.index, "refused", code="message.muted")
    d.put(answer, answer, tried, no)


@plant("stored-twice")
def a_resend_is_stored_again(d: Draft) -> None:
    d.append(*d.pick(d.rows()))


@plant("run-twice")
def an_act_is_run_again_after_a_commit_without_an_answer(d: Draft) -> None:
    name, note = d.pick((name, m) for name, row in d.conversations.items() for m in row.messages if m.kind == "system")
    d.append(name, note)


@plant("run-twice")
def a_batch_is_run_again_after_a_commit_without_an_answer(d: Draft) -> None:
    row = d.pick(d.feed)
    d.feed.append(FeedRow(len(d.feed), (), row.batch))


@plant("phantom-message")
def a_message_that_nobody_sent(d: Draft) -> None:
    name, row = d.pick(d.rows())
    d.append(name, msgspec.structs.replace(row, client_id="ghost", bodies=("ghost",)))


@plant("phantom-message")
def a_message_in_another_conversation(d: Draft) -> None:
    name, row = d.pick(d.rows())
    d.append(d.pick(other for other in d.conversations if other != name), row)


@plant("phantom-change")
def a_recall_that_nobody_wished(d: Draft) -> None:
    recalled = {(wish.conversation, wish.seq) for wish in d.wishes.values() if wish.kind == "recall"}
    name, row = d.pick((name, m) for name, m in d.rows() if (name, m.seq) not in recalled)
    d.store(name, row.seq, recalled=True, bodies=(*row.bodies, RECALLED))


@plant("phantom-change")
def a_version_that_nobody_wished(d: Draft) -> None:
    name, row = d.pick(d.rows())
    d.store(name, row.seq, bodies=(*row.bodies, "ghost"))


@plant("phantom-change")
def a_reaction_of_another_member(d: Draft) -> None:
    name, row = d.pick(d.rows())
    d.store(name, row.seq, reactions=(*row.reactions, ("li", "ghost")))


@plant("stored-otherwise")
def other_content_is_stored(d: Draft) -> None:
    name, row = d.pick(d.rows())
    d.store(name, row.seq, bodies=("another", *row.bodies[1:]))


@plant("refused-but-stored")
def what_was_stored_is_answered_with_a_refusal(d: Draft) -> None:
    _, answer = d.answered("send", alone=True)
    d.alter(answer, outcome="refused", seq=0)


@plant("refused-but-stored")
def an_attempt_is_refused_though_the_message_was_shown_before(d: Draft) -> None:
    event = d.one(Shown, lambda e: bool(e.client_id) and e.how == "new")
    wish = next(w for w in d.wishes.values() if w.kind == "send" and w.client_id == event.client_id)
    tried = Tried(event.index + 1, wish.device, wish.index)
    no = Answered(event.index + 2, wish.device, wish.index, tried.index, "refused", code="message.muted")
    d.put(event, event, tried, no)


@plant("refused-edit-stored")
def an_edit_in_conflict_is_stored(d: Draft) -> None:
    _, answer = d.answered("edit", alone=True)
    d.alter(answer, outcome="refused", version=0, change=0, code="message.conflict")


@plant("never-answered")
def a_wish_is_forgotten(d: Draft) -> None:
    wish, _ = d.answered(d.pick(["send", "edit", "recall", "react"]))
    d.events = [event for event in d.events if not (isinstance(event, Answered) and event.wish == wish.index)]


@pytest.mark.parametrize(("name", "fault"), FAULTS.params())
def test_a_planted_fault_is_found_by_its_name(name: str, fault: Fault) -> None:
    where = found(name, fault)
    assert len(where) == ENOUGH, "too few of the clean histories have a victim"
    assert all(where.values()), where
