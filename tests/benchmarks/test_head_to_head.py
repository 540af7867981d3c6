# SPDX-License-Identifier: BSD-3-Clause
import os
import time

import pytest

from benchmarks.report_head_to_head import HeadToHeadReport
from benchmarks.rounds import call_in_turns, peak_bytes
from benchmarks.worker import DONE, FAILED, NOT_SUPPORTED, UNFINISHED, NotSupported, Task

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")


def prepare(kind):
    if kind == "refuses":
        raise NotSupported("no such thing")

    def call(seed):
        if kind == "sleeps":
            time.sleep(60)
        if kind == "fails":
            raise ZeroDivisionError("of no use")
        if kind == "dies":
            os._exit(1)
        return [seed] * 2

    return Task(call, lambda found: {"seed": float(found[0])}, {"n": 7})


def outcomes(*kinds):
    return call_in_turns(prepare, {kind: {"kind": kind} for kind in kinds}, limit=0.5)


def test_what_goes_wrong_is_a_result_and_hurts_no_other():
    found = outcomes("refuses", "sleeps", "works", "fails", "dies")
    assert {kind: outcome.status for kind, outcome in found.items()} == {
        "refuses": NOT_SUPPORTED,
        "sleeps": UNFINISHED,
        "works": DONE,
        "fails": FAILED,
        "dies": UNFINISHED,
    }
    assert found["sleeps"].note == "more than 0.5 s"
    assert found["fails"].note == "ZeroDivisionError: of no use"
    columns = {kind: tuple(outcome.columns()) for kind, outcome in found.items()}
    assert len(set(columns.values())) == 1
    assert found["sleeps"].columns()["wall_median_s"] == ""


def test_a_short_task_is_called_once_for_its_memory_and_three_times_for_its_time():
    outcome = outcomes("works")["works"]
    assert [score["seed"] for score in outcome.scores] == [0, 1, 2, 3]
    assert outcome.columns()["rounds"] == 3
    # mean and standard error of 0, 1, 2, 3: the latter is sqrt(5 / 3) / 2
    assert outcome.score_columns(["seed"]) == {"seed": 1.5, "seed_se": 0.645}
    assert outcome.sizes == {"n": 7}
    assert peak_bytes(outcome.columns()) >= 0


def row(method, score, seconds, *, ours=False, status=DONE):
    done = status == DONE
    return {
        "problem": "p",
        "regime": "r",
        "n": 1,
        "p": 1,
        "threads": 1,
        "method": method,
        "ours": str(ours),
        "status": status,
        "note": "why",
        "wall_median_s": seconds if done else "",
        "resident_bytes": 1 if done else "",
        "traced_bytes": 2 if done else "",
        "score_name": "ARI",
        "score": score if done else "",
        "score_se": 0.01 if done else "",
        "second_name": "",
        "second": "",
        "second_se": "",
    }


REPORT = HeadToHeadReport("A task.", 0.02)


@pytest.mark.parametrize(
    ("score", "seconds", "faster", "better"),
    [
        (0.90, 0.5, True, False),
        (0.89, 0.5, True, False),
        (0.90, 2.0, False, False),
        (0.80, 0.5, False, False),
        (0.92, 2.0, False, False),  # within two standard errors of the difference
        (0.95, 2.0, False, True),
    ],
)
def test_a_peer_wins_by_time_or_by_score(score, seconds, faster, better):
    rows = [row("ours", 0.9, 1.0, ours=True), row("peer", score, seconds)]
    found = REPORT.winners(rows)
    assert tuple(bool(peers) for peers in found) == (faster, better)


def test_losses_name_the_regime_and_outcomes_are_on_the_page():
    rows = [
        row("ours", 0.9, 1.0, ours=True),
        row("peer", 0.9, 0.5),
        row("slow", 0.0, 0.0, status=UNFINISHED),
    ]
    text, losses = REPORT.section(rows)
    assert "| slow | - | did not finish (why) | - |" in text
    assert "| r | 1 | 1 | 0 | peer (1) |" in text
    assert losses == [
        "Peers, r: p, 1 thread(s): the best of ours is ours, 0.900 in 1 s; as good and faster: "
        "peer (0.900 in 0.5 s)."
    ]


def test_where_ours_do_not_finish_every_peer_that_does_wins():
    rows = [row("ours", 0, 0, ours=True, status=UNFINISHED), row("peer", 0.1, 9.0)]
    assert [peer["method"] for peer in REPORT.winners(rows)[0]] == ["peer"]
