"""The history checker: a history and the final state of the database in, anomalies by name with evidence out (DESIGN 1 V1-V4).

Start here: ``CHECKS`` has every name with its function in ``anomalies/``, whose modules are named by the promise or the section of LOG.

Only what is wrong for certain is an anomaly: one function each, linear or n log n. What was done to the server, how
often, and whether enough happened to prove anything is for the harness to count.

Two facts carry most checks. Index order is real-time order, so what is known before something is begun comes before
it. And the database is the truth that all else is compared with; its own faults show against the wishes and the feed.
"""

from collections.abc import Callable, Iterator
from itertools import islice

from tests.faults.anomalies import log_d_feed, log_h_marks, the_end, v1_kept, v2_once, v3_ordered, v4_unseen
from tests.faults.anomalies.case import Case
from tests.faults.history import History

LIMIT = 50  # pieces of evidence per anomaly: a broken run has as many as messages, and the first ones tell the story


def check(history: History) -> dict[str, list[str]]:
    """Anomalies by name, each with at most ``LIMIT`` pieces of evidence; empty when all is well."""
    case = Case(history)
    found = {name: list(islice(anomaly(case), LIMIT)) for name, anomaly in CHECKS.items()}
    return {name: evidence for name, evidence in found.items() if evidence}


CHECKS: dict[str, Callable[[Case], Iterator[str]]] = {
    # V1: what was acknowledged is stored, there, as it was said
    "lost-message": v1_kept.lost_message,
    "lost-edit": v1_kept.lost_edit,
    "lost-recall": v1_kept.lost_recall,
    "lost-reaction": v1_kept.lost_reaction,
    "acknowledged-otherwise": v1_kept.acknowledged_otherwise,
    # V2: one send, one message, one answer
    "stored-twice": v2_once.stored_twice,
    "run-twice": v2_once.run_twice,
    "answered-differently": v2_once.answered_differently,
    "phantom-message": v2_once.phantom_message,
    "phantom-change": v2_once.phantom_change,
    "stored-otherwise": v2_once.stored_otherwise,
    "refused-but-stored": v2_once.refused_but_stored,
    "refused-edit-stored": v2_once.refused_edit_stored,
    "never-answered": v2_once.never_answered,
    # V3: one order, without holes
    "seq-hole": v3_ordered.seq_hole,
    "seq-repeated": v3_ordered.seq_repeated,
    "change-hole": v3_ordered.change_hole,
    "change-repeated": v3_ordered.change_repeated,
    "realtime-order": v3_ordered.realtime_order,
    "sending-order": v3_ordered.sending_order,
    "order-inversion": v3_ordered.order_inversion,
    "shown-twice": v3_ordered.shown_twice,
    "change-went-back": v3_ordered.change_went_back,
    "shown-differently": v3_ordered.shown_differently,
    "shown-not-stored": v3_ordered.shown_not_stored,
    # V4: nobody learns what he may not see
    "leak": v4_unseen.leak,
    "leak-to-company": v4_unseen.leak_to_company,
    "told-after-leaving": v4_unseen.told_after_leaving,
    "sent-from-outside": v4_unseen.sent_from_outside,
    "changed-from-outside": v4_unseen.changed_from_outside,
    "membership-invented": v4_unseen.membership_invented,
    # marks and numbers (LOG H)
    "mark-went-back": log_h_marks.mark_went_back,
    "mark-beyond": log_h_marks.mark_beyond,
    "read-without-looking": log_h_marks.read_without_looking,
    "unread-wrong": log_h_marks.unread_wrong,
    # the end: every device has what is due to it
    "never-settled": the_end.never_settled,
    "never-delivered": the_end.never_delivered,
    "change-never-learned": the_end.change_never_learned,
    "held-otherwise": the_end.held_otherwise,
    "membership-never-learned": the_end.membership_never_learned,
    "mark-never-learned": the_end.mark_never_learned,
    "cursor-wrong": the_end.cursor_wrong,
    "devices-disagree": the_end.devices_disagree,
    # the feed and its tokens (LOG D, E)
    "position-hole": log_d_feed.position_hole,
    "position-repeated": log_d_feed.position_repeated,
    "token-ahead": log_d_feed.token_ahead,
}
