"""The rules of a batch, without a database: who gets the first answer, who is refused, what is written (LOG A5, H)."""

import pytest

from protocol.bodies import Checked, TextBody, check_body
from protocol.errors import ConversationNotFound, IdConflict, MessageNotFound, YizhanError
from protocol.limits import PINNED_MESSAGES, REACTIONS_OF_A_MESSAGE
from storage.writer.decide import Decision, Policy, decide
from storage.writer.entries import (
    ChangedOutcome,
    DraftEntry,
    EditEntry,
    Entry,
    MarkEntry,
    PinEntry,
    ReactEntry,
    RecallEntry,
    SendEntry,
    SentOutcome,
)
from storage.writer.errors import (
    CompanyExpired,
    CompanySuspended,
    ConversationDissolved,
    EditTooLate,
    MemberDisabled,
    MessageRecalled,
    Muted,
    NotAuthor,
    NotEditable,
    NotParticipant,
    PeerDeleted,
    RecallTooLate,
    TooManyPinned,
    TooManyReactions,
    VersionConflict,
)
from storage.writer.loaded import Conversation, Found, Loaded, Participant, Source, Target

NOW = 1_767_225_600_000
POLICY = Policy()
COMPANY, ROOM, LINA, WANG = 1, 70, 11, 12
OTHER_ROOM = 71


def text(words: str, **more: object) -> Checked:
    return check_body(TextBody(text=words, **more))  # type: ignore[arg-type]


class Table:
    """A room with five messages of Li Na's, in which Li Na and Wang are since the first, and nothing is read."""

    def __init__(self) -> None:
        self.loaded = Loaded(40)
        self.place = Conversation(
            ROOM, COMPANY, "group", 5, 2, 5, 0, NOW - 1000, dissolved=False, muted=False, seq_before=5, change_before=2
        )
        self.loaded.conversations[ROOM] = self.place
        self.loaded.numbers[ROOM, 5] = (5, 0)
        self.lina, self.wang = self._joins(LINA), self._joins(WANG)
        for seq in range(1, 6):
            self.loaded.targets[ROOM, seq] = Target(seq, LINA, NOW - 1000, "text", 0, 1, False)

    def _joins(self, member: int) -> Participant:
        who = self.loaded.participants[ROOM, member] = Participant(ROOM, COMPANY, member)
        who.from_seq = 1
        return who

    def decide(self, *entries: Entry, now: int = NOW, policy: Policy = POLICY) -> Decision:
        return decide(entries, self.loaded, now, policy)

    def answer(self, *entries: Entry, now: int = NOW, policy: Policy = POLICY) -> object:
        """What the last of the entries is answered."""
        return self.decide(*entries, now=now, policy=policy).answers[-1]


@pytest.fixture
def table() -> Table:
    return Table()


def send(member: int, words: str | None = "hello", wish: bytes = b"w" * 16, **more: object) -> SendEntry:
    return SendEntry(None, 1, COMPANY, member, ROOM, wish, None if words is None else text(words), **more)  # type: ignore[arg-type]


def edit(member: int, seq: int, version: int, words: str = "better") -> EditEntry:
    return EditEntry(None, 1, COMPANY, member, ROOM, seq, version, text(words))


def recall(member: int, seq: int) -> RecallEntry:
    return RecallEntry(None, 1, COMPANY, member, ROOM, seq)


def react(member: int, seq: int, emoji: str = "👍", on: bool = True) -> ReactEntry:
    return ReactEntry(None, 1, COMPANY, member, ROOM, seq, emoji, on)


def pin(member: int, seq: int, on: bool = True) -> PinEntry:
    return PinEntry(None, 1, COMPANY, member, ROOM, seq, on)


def mark(member: int, read: int, delivered: int = 0) -> MarkEntry:
    return MarkEntry(None, 0, COMPANY, member, ROOM, read, delivered)


def vars_of(place: Conversation, **values: object) -> None:
    for name, value in values.items():
        setattr(place, name, value)


WRITES = [send(LINA), edit(LINA, 5, 1), recall(LINA, 5), react(LINA, 5), pin(LINA, 5)]


@pytest.mark.parametrize("entry", WRITES, ids=lambda entry: type(entry).__name__)
@pytest.mark.parametrize(
    ("hinder", "refusal"),
    [
        (lambda table: setattr(table.lina, "state", "disabled"), MemberDisabled),
        (lambda table: setattr(table.lina, "suspended", True), CompanySuspended),
        (lambda table: setattr(table.lina, "expires_at", NOW), CompanyExpired),
        (lambda table: setattr(table.lina, "silenced", True), Muted),
        (lambda table: setattr(table.place, "muted", True), Muted),
        (lambda table: setattr(table.place, "dissolved", True), ConversationDissolved),
        (lambda table: vars_of(table.place, dissolved=True, kind="direct"), PeerDeleted),
    ],
    ids=["disabled", "suspended", "expired", "silenced", "muted", "dissolved", "peer_deleted"],
)
def test_who_may_not_act_writes_nothing(table: Table, entry: Entry, hinder: object, refusal: type[YizhanError]) -> None:
    """LOG A4: by plain columns, read in the turn."""
    hinder(table)  # type: ignore[operator]
    decision = table.decide(entry)
    assert isinstance(decision.answers[0], refusal)
    assert not decision.writes


@pytest.mark.parametrize("entry", WRITES, ids=lambda entry: type(entry).__name__)
def test_who_has_left_writes_nothing(table: Table, entry: Entry) -> None:
    """LOG A5: a former participant's messages are still his, and he changes nothing any more."""
    table.lina.from_seq = None
    table.lina.end_seq = 5
    table.loaded.held.add((ROOM, LINA, 5))
    decision = table.decide(entry)
    assert isinstance(decision.answers[0], NotParticipant)
    assert not decision.writes


def test_a_company_expires_at_its_instant(table: Table) -> None:
    table.lina.expires_at = NOW + 1
    assert isinstance(table.answer(send(LINA)), SentOutcome)


@pytest.mark.parametrize(
    "entry", [react(WANG, 4), react(WANG, 4, on=False), pin(WANG, 4), pin(WANG, 4, on=False), recall(WANG, 4), edit(WANG, 4, 1)]
)
def test_nothing_is_learnt_of_messages_outside_ones_stays(table: Table, entry: Entry) -> None:
    """Promise V4: a change number or a version of a message that one never saw is an answer, too."""
    table.wang.from_seq = 5
    assert isinstance(table.answer(entry), MessageNotFound)
    table.wang.from_seq = None
    table.wang.end_seq = 3
    assert isinstance(table.answer(entry), MessageNotFound)


@pytest.mark.parametrize("on", [True, False])
def test_who_came_back_gets_the_first_answer_for_what_he_did_in_an_earlier_stay(table: Table, on: bool) -> None:
    """LOG A5: a set state is the first answer, also when he left and came back between the two attempts."""
    table.wang.from_seq = 5
    table.loaded.held.add((ROOM, WANG, 2))
    if on:
        table.loaded.reactions[ROOM, 2] = {(WANG, "👍")}
    decision = table.decide(react(WANG, 2, on=on))
    assert isinstance(decision.answers[0], ChangedOutcome)
    assert decision.found
    assert not decision.writes


def test_a_former_participant_gets_the_first_answer_for_his_recall(table: Table) -> None:
    """LOG A5."""
    table.lina.from_seq = None
    table.loaded.held.add((ROOM, LINA, 5))
    table.loaded.targets[ROOM, 5].recalled = True
    assert isinstance(table.answer(recall(LINA, 5)), ChangedOutcome)


def test_a_stranger_is_told_of_no_conversation(table: Table) -> None:
    assert all(isinstance(answer, ConversationNotFound) for answer in table.decide(send(99), mark(99, 1), react(99, 1)).answers)


# ---- the same wish again


def test_the_first_answer_comes_before_any_refusal(table: Table) -> None:
    """LOG A5."""
    table.lina.state = "disabled"
    table.loaded.found[b"w" * 16, LINA, ROOM] = Found(3, 77, text("hello").canonical, None)
    answer = table.answer(send(LINA))
    assert isinstance(answer, SentOutcome)
    assert (answer.seq, answer.sent_at, answer.found) == (3, 77, True)


def test_other_content_under_the_same_id_is_a_conflict(table: Table) -> None:
    """Promise V2."""
    table.loaded.found[b"w" * 16, LINA, ROOM] = Found(3, 77, text("hello").canonical, None)
    assert isinstance(table.answer(send(LINA, "else")), IdConflict)
    assert isinstance(table.answer(send(LINA, None, source=(OTHER_ROOM, 1))), IdConflict)


def test_of_a_purged_message_the_id_alone_decides(table: Table) -> None:
    """LOG I1, DESIGN 1."""
    table.loaded.found[b"w" * 16, LINA, ROOM] = Found(3, 77, None, None, purged=True)
    assert isinstance(table.answer(send(LINA, "else")), SentOutcome)


def test_a_forward_is_the_same_by_its_source(table: Table) -> None:
    """What it copied may have been edited since."""
    table.loaded.found[b"w" * 16, LINA, ROOM] = Found(3, 77, b"copied", (OTHER_ROOM, 1))
    assert isinstance(table.answer(send(LINA, None, source=(OTHER_ROOM, 1))), SentOutcome)
    assert isinstance(table.answer(send(LINA, None, source=(OTHER_ROOM, 2))), IdConflict)
    assert isinstance(table.answer(send(LINA, "hello")), IdConflict)


def test_twice_in_a_batch_is_one_message(table: Table) -> None:
    """LOG A3."""
    decision = table.decide(send(LINA), send(LINA), send(LINA, "else"))
    assert [getattr(answer, "seq", 0) for answer in decision.answers[:2]] == [6, 6]
    assert isinstance(decision.answers[2], IdConflict)
    assert len(decision.messages) == 1


def test_the_same_id_of_two_members_is_two_messages(table: Table) -> None:
    decision = table.decide(send(LINA), send(WANG))
    assert [getattr(answer, "seq", 0) for answer in decision.answers] == [6, 7]


# ---- edits


def test_an_edit_takes_the_next_version(table: Table) -> None:
    decision = table.decide(edit(LINA, 5, 1))
    answer = decision.answers[0]
    assert isinstance(answer, ChangedOutcome)
    assert (answer.change, answer.version) == (3, 2)
    assert [(version.seq, version.version, version.what) for version in decision.versions] == [(5, 2, "edit")]


def test_an_edit_sent_again_gets_the_first_answer(table: Table) -> None:
    """LOG A5: also when others came after it, and after the recall."""
    table.loaded.versions[ROOM, 5, 2] = (LINA, "edit", text("better").canonical)
    for version, recalled in ((2, False), (3, False), (3, True)):
        table.loaded.targets[ROOM, 5].version = version
        table.loaded.targets[ROOM, 5].recalled = recalled
        answer = table.answer(edit(LINA, 5, 1))
        assert isinstance(answer, ChangedOutcome)
        assert answer.version == 2


def test_another_edit_of_the_same_version_is_a_conflict(table: Table) -> None:
    """LOG A5; it says where the message stands."""
    decision = table.decide(edit(LINA, 5, 1), edit(LINA, 5, 1, "other"), edit(LINA, 5, 1))
    assert [type(answer) for answer in decision.answers] == [ChangedOutcome, VersionConflict, ChangedOutcome]
    assert getattr(decision.answers[1], "version", 0) == 2
    assert len(decision.versions) == 1


def test_reactions_and_pins_raise_no_version(table: Table) -> None:
    """LOG A5: else an edit would conflict with a stranger's thumb."""
    decision = table.decide(react(WANG, 5), pin(WANG, 5), edit(LINA, 5, 1))
    assert [getattr(answer, "version", 0) for answer in decision.answers] == [1, 1, 2]


@pytest.mark.parametrize("entry", [edit(LINA, 5, 1), react(WANG, 5), pin(WANG, 5)], ids=["edit", "react", "pin"])
def test_a_recalled_message_stays_as_it_is(table: Table, entry: Entry) -> None:
    decision = table.decide(recall(LINA, 5), entry)
    assert isinstance(decision.answers[1], MessageRecalled)
    assert [version.what for version in decision.versions] == ["recall"]


def test_only_its_author_edits_and_recalls(table: Table) -> None:
    assert [type(answer) for answer in table.decide(edit(WANG, 5, 1), recall(WANG, 5)).answers] == [NotAuthor, NotAuthor]


def test_edits_and_recalls_have_a_time(table: Table) -> None:
    """SPEC E3: counted from the stored time."""
    sent = NOW - 1000
    policy = Policy(recall_ms=120_000, edit_ms=600_000)
    assert isinstance(table.answer(recall(LINA, 5), now=sent + 120_001, policy=policy), RecallTooLate)
    assert isinstance(table.answer(edit(LINA, 5, 1), now=sent + 600_001, policy=policy), EditTooLate)
    assert isinstance(table.answer(edit(LINA, 5, 1), now=sent + 600_000, policy=policy), ChangedOutcome)
    assert isinstance(table.answer(recall(LINA, 5), now=sent + 120_000, policy=policy), ChangedOutcome)


def test_notes_are_neither_edited_nor_recalled(table: Table) -> None:
    table.loaded.targets[ROOM, 5].first_kind = "note"
    assert [type(answer) for answer in table.decide(edit(LINA, 5, 1), recall(LINA, 5)).answers] == [NotEditable, NotEditable]


def test_an_edit_replies_to_nothing_that_is_not_there(table: Table) -> None:
    entry = EditEntry(None, 1, COMPANY, LINA, ROOM, 5, 1, text("better", reply_to=6))
    assert isinstance(table.answer(entry), MessageNotFound)


# ---- reactions and pins


def test_a_reaction_set_and_taken_back_in_one_batch_leaves_no_row(table: Table) -> None:
    decision = table.decide(react(WANG, 5), react(WANG, 5), react(WANG, 5, on=False))
    assert (decision.reactions_on, decision.reactions_off) == ([], [])
    assert decision.conversations[0].change == 4
    table.loaded.reactions[ROOM, 4] = {(WANG, "👍")}
    decision = table.decide(react(WANG, 4, on=False), react(WANG, 4))
    assert (decision.reactions_on, decision.reactions_off) == ([], [])


def test_a_message_has_so_many_different_reactions(table: Table) -> None:
    table.loaded.reactions[ROOM, 5] = {(LINA, f"e{n}") for n in range(REACTIONS_OF_A_MESSAGE)}
    assert isinstance(table.answer(react(WANG, 5, "new")), TooManyReactions)
    assert isinstance(table.answer(react(WANG, 5, "e1")), ChangedOutcome)


def test_a_conversation_has_so_many_pinned_messages(table: Table) -> None:
    table.loaded.pinned[ROOM] = PINNED_MESSAGES - 1
    decision = table.decide(pin(LINA, 1), pin(LINA, 2), pin(LINA, 1, on=False), pin(LINA, 2))
    assert [type(answer) for answer in decision.answers] == [ChangedOutcome, TooManyPinned, ChangedOutcome, ChangedOutcome]


# ---- replies and forwards


def test_a_reply_names_a_message_that_is_there(table: Table) -> None:
    entry = SendEntry(None, 1, COMPANY, LINA, ROOM, b"r" * 16, text("yes", reply_to=6))
    assert isinstance(table.answer(entry), MessageNotFound)
    assert isinstance(table.answer(send(LINA), entry), SentOutcome)


def test_a_forward_copies_what_the_forwarder_may_see(table: Table) -> None:
    forward = send(WANG, None, source=(OTHER_ROOM, 4))
    assert isinstance(table.answer(forward), MessageNotFound)
    table.loaded.sources[WANG, OTHER_ROOM, 4] = Source(text("secret").canonical, LINA, 5)
    decision = table.decide(forward)
    assert isinstance(decision.answers[0], SentOutcome)
    assert b"secret" in decision.messages[0].body


def test_what_is_recalled_in_the_same_batch_is_not_forwarded_after_it(table: Table) -> None:
    """The look-up saw it whole; the batch's own order decides."""
    table.loaded.sources[WANG, ROOM, 4] = Source(text("a slip").canonical, LINA, 5)
    decision = table.decide(recall(LINA, 4), send(WANG, None, source=(ROOM, 4)))
    assert [type(answer) for answer in decision.answers] == [ChangedOutcome, MessageNotFound]


# ---- times


def test_times_never_go_back_though_the_clock_was_set_back(table: Table) -> None:
    """LOG A3d, DESIGN 6: messages and versions alike."""
    decision = table.decide(send(LINA), edit(LINA, 5, 1), now=NOW - 60_000)
    assert decision.messages[0].sent_at == NOW - 1000
    assert decision.versions[0].at == NOW - 1000
    table.decide(edit(LINA, 5, 2), now=NOW + 5000)
    assert table.decide(recall(LINA, 5), now=NOW).versions[0].at == NOW + 5000


# ---- marks


def test_a_mark_at_the_head_counts_although_the_same_batch_appends(table: Table) -> None:
    """LOG H1: the number at the mark is that of the head before the batch."""
    decision = table.decide(send(LINA), mark(WANG, 5))
    assert isinstance(decision.answers[0], SentOutcome)
    assert (table.wang.read, table.wang.read_countable) == (5, 5)


def test_a_mark_is_cut_to_what_may_be_seen_and_goes_only_forward(table: Table) -> None:
    """LOG H2, H3."""
    table.decide(mark(WANG, 9))
    assert (table.wang.read, table.wang.delivered) == (5, 5)
    table.loaded.numbers[ROOM, 2] = (2, 0)
    decision = table.decide(mark(WANG, 2))
    assert table.wang.read == 5
    assert decision.marks == [table.wang]  # from the first; nothing new moved
    table.lina.from_seq = None
    table.lina.end_seq, table.lina.end_countable = 4, 4
    table.decide(mark(LINA, 5, 5))
    assert (table.lina.read, table.lina.read_countable, table.lina.delivered) == (4, 4, 4)


def test_own_sending_reads_nothing_of_others(table: Table) -> None:
    """LOG H2: a queued or an automatic send raises the mark only from right before it."""
    answers = table.decide(send(WANG, wish=b"1" * 16), send(WANG, wish=b"2" * 16)).answers
    assert [getattr(answer, "read", None) for answer in answers] == [0, 0]
    assert table.wang.read == 0


def test_own_sending_right_behind_the_mark_raises_it(table: Table) -> None:
    """LOG H2: over silent notes too, for a run of own messages, and not over another's between them."""
    table.wang.read, table.wang.read_countable = 5, 5
    table.place.append(NOW, countable=False)
    answers = table.decide(
        send(WANG, wish=b"1" * 16), send(WANG, wish=b"2" * 16), send(LINA, wish=b"3" * 16), send(WANG, wish=b"4" * 16)
    ).answers
    assert [getattr(answer, "read", None) for answer in answers] == [7, 8, 0, 0]
    assert (table.wang.read, table.wang.read_countable) == (8, 7)


def test_a_look_clears_unread_set_by_hand(table: Table) -> None:
    """LOG H4."""
    table.wang.marked_unread = True
    table.wang.read, table.wang.read_countable = 5, 5
    table.decide(mark(WANG, 0, 5))
    assert table.wang.marked_unread
    table.decide(mark(WANG, 3))
    assert not table.wang.marked_unread


# ---- drafts


def test_a_send_clears_its_own_draft_and_the_last_draft_wins(table: Table) -> None:
    """LOG H4."""

    def draft(words: str) -> DraftEntry:
        return DraftEntry(None, 1, COMPANY, WANG, ROOM, words)

    decision = table.decide(draft("hel"), send(LINA), draft("hello"), send(WANG))
    assert [row[3] for row in decision.drafts] == ["hel", "hello", ""]
    decision = table.decide(send(WANG, wish=b"2" * 16), draft("more"), send(WANG, wish=b"3" * 16, keep_draft=True))
    assert [row[3] for row in decision.drafts] == ["more"]
