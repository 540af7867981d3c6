# SPDX-License-Identifier: BSD-3-Clause
"""A forked process that makes one task ready, calls it when it is told to, and can be killed.

Rounds of several methods can then be interleaved although each has a process of its own: its peak
memory is nobody else's, and one that takes too long is killed and hurts no other. What the parent
has imported and read, all have; the parent must not have started threads of its own.
"""

import multiprocessing
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import util

from benchmarks.memory import resident_peak, traced_peak

# Making the data; nothing of it is measured.
PREPARATION_LIMIT = 120.0
DONE, UNFINISHED, FAILED = "done", "did not finish", "failed"
NOT_SUPPORTED, NOT_INSTALLED = "not supported", "not installed"


class NotSupported(Exception):  # noqa: N818  no error: an outcome
    """The method does not do what the problem asks for; the message says why."""

    status = NOT_SUPPORTED


class NotInstalled(NotSupported):
    """The optional package is not there."""

    status = NOT_INSTALLED


def require(package):
    """Refuse where an optional package is not there."""
    if util.find_spec(package) is None:
        raise NotInstalled(f"{package} is not there")


@dataclass
class Task:
    """What a process does when it is called.

    Attributes
    ----------
    call : callable
        The measured function, of a seed.
    score : callable
        Function of what `call` returned: numbers by name. Not measured.
    sizes : dict
        What the report says of the data.
    """

    call: Callable
    score: Callable = lambda result: {}
    sizes: dict = field(default_factory=dict)


class Ended(Exception):  # noqa: N818  an outcome, as above
    """The process has come to an end before the task did."""

    def __init__(self, status, note):
        super().__init__(note)
        self.status, self.note = status, note


class Worker:
    """One process, seen from outside.

    Parameters
    ----------
    prepare : callable
        Function that returns a `Task`, or raises `NotSupported`.
    arguments : dict
        What `prepare` is called with.
    """

    def __init__(self, prepare, arguments):
        context = multiprocessing.get_context("fork")
        self._pipe, other = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(other, prepare, arguments), daemon=True
        )
        with warnings.catch_warnings():
            # Of threads: those of BLAS survive a fork, and there are no others.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process.start()
        other.close()

    def answer(self, limit):
        """Wait for the answer at most so many seconds.

        Raises
        ------
        Ended
            If there is none: the process is killed then.
        """
        try:
            found = self._pipe.recv() if self._pipe.poll(limit) else None
        except EOFError:
            self.close()
            raise Ended(UNFINISHED, "the process was ended, perhaps for want of memory") from None
        if found is None:
            self.close()
            raise Ended(UNFINISHED, f"more than {limit:g} s")
        if found["status"] != DONE:
            self.close()
            raise Ended(found["status"], found["note"])
        return found

    def prepared(self):
        """Wait until the task is ready; the answer holds its `sizes`."""
        return self.answer(PREPARATION_LIMIT)

    def call(self, limit, **request):
        """Have the task called; see `_called`."""
        self._pipe.send(request)
        return self.answer(limit)

    def close(self):
        """End the process, whatever it does."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


def _serve(pipe, prepare, arguments):
    """Answer the requests of a `Worker`, until it closes."""
    warnings.simplefilter("ignore")  # scores show what they mean
    made = []

    def make():
        made.append(prepare(**arguments))
        return {"sizes": made[0].sizes}

    pipe.send(_attempt(make))
    while True:
        try:
            request = pipe.recv()
        except EOFError:
            return
        pipe.send(_attempt(lambda request=request: _called(made[0], **request)))


def _called(task, seed, memory):
    """Answer to one call: seconds and perhaps the resident peak, or traced bytes; scores."""
    if memory == "traced":
        return {"traced_bytes": traced_peak(lambda: task.call(seed))}
    seconds = {}

    def timed():
        wall, cpu = time.perf_counter(), time.process_time()
        result = task.call(seed)
        seconds["cpu_s"] = time.process_time() - cpu
        seconds["wall_s"] = time.perf_counter() - wall
        return result

    if memory == "resident":
        resident, result = resident_peak(timed)
        seconds["resident_bytes"] = "" if resident is None else max(0, resident)
    else:
        result = timed()
    return seconds | {"scores": task.score(result)}


def _attempt(function):
    """Call a function that returns columns; what goes wrong is an answer too."""
    try:
        return {"status": DONE, **function()}
    except NotSupported as outcome:
        return {"status": outcome.status, "note": str(outcome)}
    except Exception as error:
        note = f"{type(error).__name__}: {error}".splitlines()[0]
        return {"status": FAILED, "note": note[:160]}
