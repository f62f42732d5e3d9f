"""The history checker's own proof: clean random histories give no anomaly, and each name has a planted fault.

The faults stand in ``test_checker_*.py``, in one file for each module of ``tests/faults/anomalies``; ``World`` makes the histories.
"""

import io

import pytest

from tests.faults.checker import CHECKS, LIMIT, check
from tests.faults.history import NoDatabase, Recorder, read
from tests.support.clean_draft import Draft
from tests.support.clean_world import CLEAN, clean
from tests.unit import test_checker_log_d_feed as log_d_feed
from tests.unit import test_checker_log_h_marks as log_h_marks
from tests.unit import test_checker_the_end as the_end
from tests.unit import test_checker_v1_kept as v1_kept
from tests.unit import test_checker_v2_once as v2_once
from tests.unit import test_checker_v3_ordered as v3_ordered
from tests.unit import test_checker_v4_unseen as v4_unseen

SUBJECTS = (v1_kept, v2_once, v3_ordered, v4_unseen, log_h_marks, the_end, log_d_feed)


@pytest.mark.parametrize("seed", range(CLEAN))
def test_a_clean_history_has_no_anomaly(seed: int) -> None:
    assert check(clean(seed)) == {}


def test_each_anomaly_has_a_planted_fault() -> None:
    assert {name for subject in SUBJECTS for name, _ in subject.FAULTS} == set(CHECKS)


def test_a_history_survives_its_file() -> None:
    out = io.BytesIO()
    recorder = Recorder(out)
    for event in reversed(clean(0).events):
        recorder.write(event)
    recorder.write(clean(0).database)
    again = read(out.getvalue().splitlines())
    assert sorted(again.events, key=lambda event: event.index) == clean(0).events
    assert again.database == clean(0).database


def test_a_recorder_counts_for_all_devices() -> None:
    recorder = Recorder(io.BytesIO())
    assert [recorder.index() for _ in range(3)] == [0, 1, 2]


def test_a_history_without_its_database_is_refused() -> None:
    with pytest.raises(NoDatabase):
        read([])


def test_the_evidence_of_a_broken_run_is_bounded() -> None:
    draft = Draft(clean(0), 0)
    draft.conversations.clear()
    assert max(len(evidence) for evidence in check(draft.history()).values()) == LIMIT
