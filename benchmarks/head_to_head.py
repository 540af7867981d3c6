# SPDX-License-Identifier: BSD-3-Clause
"""The part `peers` of a suite: several methods on the same problems.

Each problem and each method is declared once, by the suite. A row is one method on one problem with
one thread or with all; that a method does not do it, or not within the limit, is a row too.
"""

import sys
from dataclasses import dataclass

import joblib

from benchmarks.environment import describe
from benchmarks.rounds import call_in_turns

# Seconds of one call.
LIMIT, QUICK_LIMIT = 30.0, 6.0


@dataclass(frozen=True)
class Contest:
    """A problem and who solves it.

    Attributes
    ----------
    problem : str
        Its name; `prepare` of the suite knows it.
    regime : str
        What kind of problem it is: losses are counted by it.
    metrics : tuple of str
        Names of the scores, the first decides.
    methods : tuple of str
        Who takes part, ours first.
    larger : bool, default=True
        Whether a larger first score is better.
    """

    problem: str
    regime: str
    metrics: tuple
    methods: tuple
    larger: bool = True


def measure(prepare, contests, is_ours, quick):
    """Rows of all contests, one thread first.

    Parameters
    ----------
    prepare : callable
        Function of the problem, the method and the number of threads; see `benchmarks.worker`.
    contests : list of Contest
        What is measured.
    is_ours : callable
        Whether a method is one of skrmt.
    quick : bool
        Whether calls may take only a few seconds.

    Yields
    ------
    row : dict
        A row for each contest, method and number of threads.
    """
    description = describe()
    limit = QUICK_LIMIT if quick else LIMIT
    for threads in sorted({1, joblib.cpu_count()}):
        for contest in contests:
            print(f"  peers: {contest.problem}, {threads} thread(s)", file=sys.stderr)
            requests = {
                method: (
                    prepare,
                    {"problem": contest.problem, "method": method, "threads": threads},
                )
                for method in contest.methods
            }
            outcomes = call_in_turns(requests, threads, limit)
            sizes = next((found.sizes for found in outcomes.values() if found.sizes), {})
            for method, found in outcomes.items():
                yield {
                    "problem": contest.problem,
                    "regime": contest.regime,
                    "n": sizes.get("n", ""),
                    "p": sizes.get("p", ""),
                    "threads": threads,
                    "method": method,
                    "ours": is_ours(method),
                    **found.columns(),
                    "larger": contest.larger,
                    **_scores(contest.metrics, found),
                    **description,
                }


def _scores(metrics, outcome):
    """Columns of the first score and of a second one, where there is one."""
    known = outcome.score_columns(metrics)
    columns = {}
    for place, name in zip(("score", "second"), (*metrics, ""), strict=False):
        columns |= {
            f"{place}_name": name,
            place: known.get(name, ""),
            f"{place}_sd": known.get(f"{name}_sd", ""),
        }
    return columns
