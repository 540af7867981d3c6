# SPDX-License-Identifier: BSD-3-Clause
"""Measurements of accuracy, as many at a time as there are cores, each on one thread."""

import sys
from concurrent.futures import ThreadPoolExecutor

import joblib

from benchmarks.isolation import run_isolated
from benchmarks.one_thread import one_thread


def run_side_by_side(part, tasks):
    """Call functions in fresh processes with one thread each.

    Parameters
    ----------
    part : str
        What the progress is called.
    tasks : iterable of (callable, dict)
        Functions as in `benchmarks.isolation.run_isolated`, and their arguments.

    Yields
    ------
    row : dict
        The rows of all tasks, in their order.
    """

    def measured(task):
        measure, arguments = task
        rows = run_isolated(measure, **arguments)
        told = {key: value for key, value in arguments.items() if key != "quick"}
        print(f"  {part}: {measure.__name__} {told}", file=sys.stderr)
        return rows

    with one_thread(), ThreadPoolExecutor(joblib.cpu_count()) as pool:
        for rows in pool.map(measured, tasks):
            yield from rows
