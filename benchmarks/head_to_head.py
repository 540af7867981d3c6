# SPDX-License-Identifier: BSD-3-Clause
"""The part `peers` of a suite: several methods on the same problems.

Each problem and each method is declared once, by the suite. A row is one method on one problem with
one thread or with all; that a method does not do it, or not within the limit, is a row too.
"""

import sys
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from importlib import import_module

import joblib

from benchmarks.isolation import run_isolated
from benchmarks.one_thread import one_thread
from benchmarks.rounds import call_in_turns
from benchmarks.worker import NotSupported

# Seconds of one call.
LIMIT, QUICK_LIMIT = 15.0, 6.0


@dataclass(frozen=True)
class Contest:
    """What is compared on a problem.

    Attributes
    ----------
    regime : str
        What kind of problem it is: losses are counted by it.
    metrics : tuple of str
        Names of the scores, one or two; the first decides. More is better.
    methods : tuple of str
        Who takes part, ours first.
    """

    regime: str
    metrics: tuple
    methods: tuple


def measure(module, problems, quick):
    """Rows of some problems, one thread first.

    Parameters
    ----------
    module : str
        Name of the module whose `contest(problem)` is a `Contest`, whose
        `prepare(problem, method, threads)` makes a `benchmarks.worker.Task`, and whose
        `is_ours(method)` tells whose a method is.
    problems : iterable of str
        What is measured.
    quick : bool
        Whether calls may take only a few seconds, of one thread.

    Yields
    ------
    row : dict
        A row for each problem, method and number of threads.
    """
    limit = QUICK_LIMIT if quick else LIMIT
    for threads in sorted({1} if quick else {1, joblib.cpu_count()}):
        for problem in problems:
            print(f"  peers: {problem}, {threads} thread(s)", file=sys.stderr)
            with one_thread() if threads == 1 else nullcontext():
                rows = run_isolated(
                    rows_of, module=module, problem=problem, threads=threads, limit=limit
                )
            yield from rows


def rows_of(module, problem, threads, limit):
    """Rows of one problem, one for each method, each in a fork of this process."""
    suite = import_module(module)
    contest = suite.contest(problem)
    arguments = {
        method: {"problem": problem, "method": method, "threads": threads}
        for method in contest.methods
    }
    with suppress(NotSupported):
        # The data are read here once, and kept for the forks: makers of rows have a cache.
        suite.prepare(**arguments[contest.methods[0]])
    outcomes = call_in_turns(suite.prepare, arguments, limit)
    sizes = next((found.sizes for found in outcomes.values() if found.sizes), {})
    for method, found in outcomes.items():
        yield {
            "problem": problem,
            "regime": contest.regime,
            "n": sizes.get("n", ""),
            "p": sizes.get("p", ""),
            "threads": threads,
            "method": method,
            "ours": suite.is_ours(method),
            **found.columns(),
            **_scores(contest.metrics, found),
        }


def _scores(metrics, outcome):
    """Columns of the first score and of a second one, where there is one."""
    known = outcome.score_columns(metrics)
    columns = {}
    for place, name in zip(("score", "second"), (*metrics, ""), strict=False):
        columns |= {
            f"{place}_name": name,
            place: known.get(name, ""),
            f"{place}_se": known.get(f"{name}_se", ""),
        }
    return columns
