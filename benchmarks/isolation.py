# SPDX-License-Identifier: BSD-3-Clause
"""Measure in a fresh process.

The kernels of skrmt are chosen at import, and peak memory is a property of a process: both ask for
a new one. Every measurement goes through this door, which also adds the columns that describe the
process.
"""

import contextlib
import json
import os
import subprocess
import sys
from importlib import import_module

from benchmarks import ROOT


def run_isolated(measure, *, kernels=None, **arguments):
    """Call a function in a fresh process.

    Parameters
    ----------
    measure : callable
        Function of a module of this package; it returns an iterable of rows (dicts).
    kernels : str, default=None
        Implementation of the kernels of skrmt to run with; None leaves the choice to skrmt.
    **arguments : JSON values
        What `measure` is called with.

    Returns
    -------
    rows : list of dict
        The rows of `measure`, each followed by what `benchmarks.environment.describe` says.
    """
    request = {"module": measure.__module__, "name": measure.__name__, "arguments": arguments}
    environment = dict(os.environ)
    if kernels is not None:
        environment["SKRMT_SIMD"] = kernels
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.isolation"],
        cwd=ROOT,
        env=environment,
        input=json.dumps(request),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def main():
    """Answer one request of `run_isolated`, from standard input to standard output."""
    request = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        measure = getattr(import_module(request["module"]), request["name"])
        rows = list(measure(**request["arguments"]))
        # only now: a measurement of memory starts without what this loads
        description = import_module("benchmarks.environment").describe()
    json.dump([{**row, **description} for row in rows], sys.stdout)


if __name__ == "__main__":
    main()
