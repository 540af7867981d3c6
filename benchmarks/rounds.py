# SPDX-License-Identifier: BSD-3-Clause
"""Several tasks, each in a process of its own, called in turns.

The first call of a task tells its peak of resident memory and its length. Short ones are then
called once more for the memory that NumPy asks for, and in turns for their times; what takes long
has the time of its first call.
"""

from dataclasses import dataclass, field
from statistics import fmean, median, stdev

from benchmarks.worker import DONE, Ended, Worker

N_ROUNDS = 3
# Seconds of the first call up to which a task is called in turns, and for its traced memory.
SHORT, TRACED = 4.0, 2.0
TIMES = ("rounds", "cpu_median_s", "cpu_min_s", "wall_median_s", "wall_min_s")
MEMORY = ("resident_bytes", "traced_bytes")


@dataclass
class Outcome:
    """What came of one task."""

    status: str = DONE
    note: str = ""
    sizes: dict = field(default_factory=dict)
    cpu: list = field(default_factory=list)
    wall: list = field(default_factory=list)
    memory: dict = field(default_factory=lambda: dict.fromkeys(MEMORY, ""))
    scores: list = field(default_factory=list)

    def columns(self):
        """Columns of status, times and memory."""
        done = self.status == DONE
        if not done:
            return {"status": self.status, "note": self.note, **dict.fromkeys(TIMES + MEMORY, "")}
        numbers = (median(self.cpu), min(self.cpu), median(self.wall), min(self.wall))
        times = dict(zip(TIMES, (len(self.cpu), *(round(x, 5) for x in numbers)), strict=True))
        return {"status": self.status, "note": self.note, **times, **self.memory}

    def score_columns(self, names):
        """Columns of mean and standard error over the calls, by name of the score."""
        found = {}
        for name in names:
            values = [score[name] for score in self.scores if name in score]
            known = self.status == DONE and bool(values)
            found[name] = float(f"{fmean(values):.6g}") if known else ""
            spread = stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
            found[f"{name}_se"] = float(f"{spread:.3g}") if known else ""
        return found


def call_in_turns(prepare, arguments, limit):
    """Measure tasks.

    Parameters
    ----------
    prepare : callable
        What makes a task ready; see `benchmarks.worker.Worker`.
    arguments : dict of hashable to dict
        Arguments of `prepare` for each task.
    limit : float
        Seconds that one call may take.

    Returns
    -------
    outcomes : dict of hashable to Outcome
        With the keys of `arguments`. Calls have the seeds 0, 1, 2, ...
    """
    outcomes = {key: Outcome() for key in arguments}
    workers = {}

    def heard(key, ask, *args, **request):
        """Answer of a worker; None, and the worker gone, where there is none."""
        try:
            return ask(*args, **request)
        except Ended as end:
            outcomes[key].status, outcomes[key].note = end.status, end.note
            del workers[key]
            return None

    try:
        for key, given in arguments.items():
            workers[key] = Worker(prepare, given)
            answer = heard(key, workers[key].prepared)
            outcomes[key].sizes = (answer or {}).get("sizes", {})
        for key, worker in list(workers.items()):
            first = heard(key, worker.call, limit, seed=0, memory="resident")
            if first is None:
                continue
            outcomes[key].memory["resident_bytes"] = first["resident_bytes"]
            outcomes[key].scores.append(first["scores"])
            if first["wall_s"] > SHORT:
                _keep(outcomes[key], first)
            if first["wall_s"] <= TRACED:
                traced = heard(key, worker.call, limit, seed=0, memory="traced")
                outcomes[key].memory["traced_bytes"] = (traced or {}).get("traced_bytes", "")
        short = [key for key in workers if not outcomes[key].cpu]
        for seed in range(1, N_ROUNDS + 1):
            for key in [key for key in short if key in workers]:
                answer = heard(key, workers[key].call, limit, seed=seed, memory=None)
                if answer is not None:
                    _keep(outcomes[key], answer)
                    outcomes[key].scores.append(answer["scores"])
    finally:
        for worker in workers.values():
            worker.close()
    return outcomes


def _keep(outcome, answer):
    """Add the times of a call."""
    outcome.cpu.append(answer["cpu_s"])
    outcome.wall.append(answer["wall_s"])


def peak_bytes(row):
    """Take the larger peak of a row that was measured; None where the system tells neither."""
    return max((row[key] for key in MEMORY if row[key] != ""), default=None)
