# SPDX-License-Identifier: BSD-3-Clause
"""The part `growth` of a suite: time and peak memory along a grid, and the exponent of each.

A suite declares curves: one variable on a geometric grid, everything else fixed, and what the
documentation says of it. The exponent is the slope of the least squares line through the logarithms
of the points that are above a floor; below it, fixed costs are what is measured.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module

import joblib
import numpy as np

from benchmarks.isolation import run_isolated
from benchmarks.memory import peaks_of
from benchmarks.one_thread import one_thread
from benchmarks.timing import time_in_turns
from benchmarks.worker import Ended, Task, Worker

# Seconds and bytes below which a point says nothing of the growth.
TIME_FLOOR, BYTES_FLOOR = 0.02, 2e6
N_ROUNDS = 3
# What an exponent may differ from the claim beside two standard errors: caches, blocks, logarithms.
SLACK = 0.15
JOBS = "n_jobs"
CURVE_LIMIT = 600.0


@dataclass(frozen=True)
class Claim:
    """Exponents that the documentation gives.

    Attributes
    ----------
    least, most : float or None
        The interval; without `least` an upper bound. Without both there is no claim.
    source : str
        The words of the documentation, or how the interval follows from them.
    """

    least: float | None = None
    most: float | None = None
    source: str = ""

    def __str__(self):
        if self.most is None:
            return "no claim"
        if self.least is None:
            return f"at most {self.most:g}"
        if self.least == self.most:
            return f"{self.most:g}"
        return f"{self.least:g} to {self.most:g}"

    def verdict(self, exponent, error):
        """Compare a fitted exponent, known up to its standard error, with the claim.

        Parameters
        ----------
        exponent : float
            The fitted one.
        error : float
            Its standard error, 0 if not known.

        Returns
        -------
        verdict : {"no claim", "agrees", "above", "below"}
            How the exponent is to the claim.
        """
        if self.most is None:
            return "no claim"
        room = 2 * error + SLACK
        if exponent > self.most + room:
            return "above"
        if self.least is not None and exponent < self.least - room:
            return "below"
        return "agrees"


NO_CLAIM = Claim()


@dataclass(frozen=True)
class Curve:
    """One variable, and everything else fixed.

    Attributes
    ----------
    subject : str
        What is called.
    variable : str
        What grows; `n_jobs` stands for workers, which take the values 1, 2, 4, ... up to the cores.
    fixed : str
        The rest, in words; for workers without the size.
    grid, quick_grid : tuple of int
        Values.
    make : callable
        Function of the value and of the number of workers that makes the data, and returns the
        function to measure and the value of the variable (the edges of a random graph are known
        only then).
    time, memory : Claim
        What is said of the growth.
    """

    subject: str
    variable: str
    fixed: str
    grid: tuple
    quick_grid: tuple
    make: Callable
    time: Claim = NO_CLAIM
    memory: Claim = NO_CLAIM


@dataclass(frozen=True)
class Fit:
    """A fitted exponent."""

    exponent: float
    error: float
    points: int

    def __str__(self):
        error = f" ± {self.error:.2f}" if self.points > 2 else ""
        return f"{self.exponent:.2f}{error}"


def fit_exponent(values, measured, floor):
    """Fit ``measured = constant * values ** exponent``.

    Parameters
    ----------
    values, measured : sequence of float
        The points; all values positive.
    floor : float
        Points below are left out.

    Returns
    -------
    fit : Fit or None
        None with fewer than two points. The standard error is 0 with two: it cannot be told.
    """
    points = [(x, y) for x, y in zip(values, measured, strict=True) if y >= floor]
    if len(points) < 2:
        return None
    x, y = np.log(np.array(points, float)).T
    centred = x - x.mean()
    slope = centred @ y / (centred @ centred)
    left = y - y.mean() - slope * centred
    degrees = len(points) - 2
    error = np.sqrt(left @ left / degrees / (centred @ centred)) if degrees else 0.0
    return Fit(float(slope), float(error), len(points))


def measure_all(module, quick):
    """Rows of all curves of a suite, each in a process of its own.

    Parameters
    ----------
    module : str
        Name of the module whose `CURVES` they are.
    quick : bool
        Whether the small grids are wanted.

    Yields
    ------
    row : dict
        A row for each point.
    """
    # workers bring their own threads: those of BLAS are for none of them
    with one_thread():
        rows = run_isolated(rows_of, module=module, quick=quick)
    yield from rows


def rows_of(module, quick):
    """Rows of all curves, each measured in a fork of this process."""
    for curve in import_module(module).CURVES:
        print(f"  growth: {curve.subject} over {curve.variable}", file=sys.stderr)
        worker = Worker(ready, {"curve": curve, "quick": quick})
        try:
            worker.prepared()
            yield from worker.call(CURVE_LIMIT, seed=0, memory=None)["scores"]["rows"]
        except Ended as end:
            print(f"  growth: {end.status}, {end.note}", file=sys.stderr)
        finally:
            worker.close()


def ready(curve, quick):
    """Make a task of a whole curve: its rows take the place of a score."""
    return Task(lambda seed: list(measure(curve, quick)), lambda rows: {"rows": rows})


def workers_up_to(cores):
    """Numbers of workers: powers of two."""
    return tuple(2**power for power in range(cores.bit_length()) if 2**power <= cores)


def measure(curve, quick):
    """Rows of one curve: peaks point by point, times in turns."""
    sizes = curve.quick_grid if quick else curve.grid
    if curve.variable == JOBS:
        points = {(sizes[0], jobs): jobs for jobs in workers_up_to(joblib.cpu_count())}
    else:
        points = {(size, 1): size for size in sizes}
    tasks, peaks, values = {}, {}, {}
    curve.make(sizes[0], 1)[0]()  # what is done once in a process is not measured
    for (size, jobs), value in points.items():
        task, actual = curve.make(size, jobs)
        tasks[size, jobs] = partial(_called, task)
        values[size, jobs] = value if actual is None else actual
        peaks[size, jobs], _ = peaks_of(tasks[size, jobs])
    times = time_in_turns(tasks, N_ROUNDS)
    for key, value in values.items():
        yield {
            "subject": curve.subject,
            "variable": curve.variable,
            "fixed": f"n = {sizes[0]}, {curve.fixed}" if curve.variable == JOBS else curve.fixed,
            "value": value,
            "workers": key[1],
            **times[key].columns(),
            **peaks[key],
        }


def _called(task):
    """Call, and hold what is returned until the call is over."""
    return task()
