# SPDX-License-Identifier: BSD-3-Clause
"""Time of `transform`: ternary features with each implementation of the kernels, and RBFSampler.

Data are standard normal: no branch of either method depends on them.
"""

import sys
from contextlib import nullcontext
from functools import partial
from itertools import product

import joblib
import numpy as np
from sklearn.kernel_approximation import RBFSampler
from threadpoolctl import threadpool_limits

from benchmarks.isolation import run_isolated
from benchmarks.timing import time_in_turns
from skrmt._kernels import implementations
from skrmt.kernel_approximation import TernaryRandomFeatures

N_COMPONENTS = 4096
RULES = {"phase": "rbf", "threshold": "relu"}  # activation: kernel
PROJECTIONS = ("sparse", "hadamard")
OUTPUTS = ("int8", "packed", "auto")
DTYPES = ("float32", "float64")


def run(quick):
    """Rows of all implementations, each in a process of its own beside its RBFSampler."""
    n_samples, n_rounds = (2000, 2) if quick else (20000, 5)
    cores = joblib.cpu_count()
    for kernels, threads in product(implementations(), {1} if quick else sorted({1, cores})):
        for p in (64, 784):
            print(f"  speed: {kernels}, {threads} thread(s), p={p}", file=sys.stderr)
            yield from run_isolated(
                measure,
                kernels=kernels,
                threads=threads,
                p=p,
                n_samples=n_samples,
                n_rounds=n_rounds,
            )


def measure(n_samples, p, threads, n_rounds):
    """Rows of one implementation; RBFSampler in float32 and float64 takes its turn among them."""
    base = np.random.default_rng(0).standard_normal((n_samples, p))
    # All cores are for float32 only: the full grid would double the time and add nothing.
    dtypes = DTYPES if threads == 1 else DTYPES[:1]
    data = {dtype: base.astype(dtype) for dtype in dtypes}
    tasks = {}
    for dtype, X in data.items():
        peer = RBFSampler(gamma=0.5 / p, n_components=N_COMPONENTS, random_state=0).fit(X)
        tasks["RBFSampler", "", dtype, "auto"] = partial(peer.transform, X)
        for (activation, kernel), projection, output in product(
            RULES.items(), PROJECTIONS, OUTPUTS
        ):
            ours = TernaryRandomFeatures(
                N_COMPONENTS,
                kernel=kernel,
                activation=activation,
                projection=projection,
                dtype=output,
                random_state=0,
                n_jobs=threads,
            ).fit(X)
            tasks[activation, projection, dtype, output] = partial(ours.transform, X)
    with threadpool_limits(1) if threads == 1 else nullcontext():
        times = time_in_turns(tasks, n_rounds)
    for (method, projection, dtype, output), measured in times.items():
        yield {
            "n": n_samples,
            "p": p,
            "n_components": N_COMPONENTS,
            "threads": threads,
            "method": method,
            "projection": projection,
            "X": dtype,
            "output": dtype if output == "auto" else output,
            **measured.columns(),
        }
