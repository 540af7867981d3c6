# SPDX-License-Identifier: BSD-3-Clause
"""Times of several tasks, measured in turns."""

import time
from dataclasses import dataclass, field
from statistics import median

# Rounds after the first, for tasks that take less than so many seconds.
MORE_ROUNDS, SHORT = 2, 8.0


@dataclass
class Times:
    """Seconds of each round."""

    cpu: list = field(default_factory=list)
    wall: list = field(default_factory=list)

    def columns(self):
        """Columns of a result."""
        return {
            "rounds": len(self.cpu),
            "cpu_median_s": round(median(self.cpu), 5),
            "cpu_min_s": round(min(self.cpu), 5),
            "wall_median_s": round(median(self.wall), 5),
            "wall_min_s": round(min(self.wall), 5),
        }


def time_in_turns(tasks, n_rounds):
    """Time every task once per round.

    In turns, because a shared machine drifts: a slow minute then hits all tasks alike and cancels
    in their ratios.

    Parameters
    ----------
    tasks : dict of hashable to callable
        What to time; what a call returns is dropped at once.
    n_rounds : int
        Rounds.

    Returns
    -------
    times : dict of hashable to Times
        With the keys of `tasks`.
    """
    times = {key: Times() for key in tasks}
    for _ in range(n_rounds):
        for key, task in tasks.items():
            wall, cpu = time.perf_counter(), time.process_time()
            result = task()
            times[key].cpu.append(time.process_time() - cpu)
            times[key].wall.append(time.perf_counter() - wall)
            del result
    return times


def time_by_length(tasks):
    """Time every task once, and in turns twice more what takes less than eight seconds.

    Parameters
    ----------
    tasks : dict of hashable to callable
        As for `time_in_turns`.

    Returns
    -------
    times : dict of hashable to Times
        With the keys of `tasks`, CPU time deciding what is short.
    """
    times = time_in_turns(tasks, 1)
    short = {key: task for key, task in tasks.items() if times[key].cpu[0] < SHORT}
    for key, more in time_in_turns(short, MORE_ROUNDS).items():
        times[key].cpu += more.cpu
        times[key].wall += more.wall
    return times
