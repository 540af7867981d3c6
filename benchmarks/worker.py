# SPDX-License-Identifier: BSD-3-Clause
"""A fresh process that makes one task ready, calls it whenever it is told to, and can be killed.

Rounds of several methods can then be interleaved although each has a process of its own: its peak
memory is nobody else's, and one that takes too long is killed and hurts no other. Requests and
answers are lines of JSON on standard input and output.
"""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module, util

from benchmarks import ROOT
from benchmarks.memory import resident_peak, traced_peak
from benchmarks.one_thread import VARIABLES

# Importing and making the data; nothing of it is measured.
PREPARATION_LIMIT = 300.0
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
        raise NotInstalled(f"{package} is not installed")


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
        Function of a module of this package that returns a `Task`, or raises `NotSupported`.
    arguments : dict of JSON values
        What `prepare` is called with.
    threads : int
        1 for one thread of BLAS; more leave the number to the libraries.
    """

    def __init__(self, prepare, arguments, threads):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker"],
            cwd=ROOT,
            env=os.environ | (dict.fromkeys(VARIABLES, "1") if threads == 1 else {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answers = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self._request = {
            "module": prepare.__module__,
            "name": prepare.__name__,
            "arguments": arguments,
        }

    def _read(self):
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put("")

    def ask(self, request, limit):
        """Send a request, and wait for the answer at most so many seconds.

        Raises
        ------
        Ended
            If there is none: the process is killed then.
        """
        try:
            print(json.dumps(request), file=self._process.stdin, flush=True)
            line = self._answers.get(timeout=limit)
        except queue.Empty:
            self.close()
            raise Ended(UNFINISHED, f"more than {limit:.0f} s") from None
        except BrokenPipeError:
            line = ""
        if not line:
            self.close()
            raise Ended(UNFINISHED, "the process was ended, perhaps for want of memory")
        answer = json.loads(line)
        if answer["status"] != DONE:
            self.close()
            raise Ended(answer["status"], answer["note"])
        return answer

    def prepare(self):
        """Have the task made ready; the answer holds its `sizes`."""
        return self.ask(self._request, PREPARATION_LIMIT)

    def close(self):
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()


def _called(task, seed, memory):
    """Answer to one call: seconds or traced bytes, and the scores."""
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
    except (Exception, MemoryError) as error:
        note = f"{type(error).__name__}: {error}".splitlines()[0]
        return {"status": FAILED, "note": note[:160]}


def main():
    """Answer the requests of a `Worker`."""
    answers, made = sys.stdout, []
    warnings.simplefilter("ignore")  # scores show what they mean

    def make(module, name, arguments):
        made.append(getattr(import_module(module), name)(**arguments))
        return {"sizes": made[0].sizes}

    with contextlib.redirect_stdout(sys.stderr):
        for line in sys.stdin:
            request = json.loads(line)
            if made:
                answer = _attempt(lambda request=request: _called(made[0], **request))
            else:
                answer = _attempt(lambda request=request: make(**request))
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    # of the module that the others import, so that its exceptions are theirs
    import_module("benchmarks.worker").main()
