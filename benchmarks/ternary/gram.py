# SPDX-License-Identifier: BSD-3-Clause
"""Inner products of ternary rows: bit counting on packed rows, BLAS on int8 and on float32 rows."""

import sys
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.isolation import run_isolated
from benchmarks.timing import time_in_turns
from skrmt._kernels import implementations
from skrmt.kernel_approximation import pack_ternary, ternary_gram

SIZES = ((2000, 4096), (4096, 20000))
QUICK_SIZES = ((500, 4096),)


def run(quick):
    """Rows of all implementations and sizes, one thread."""
    for kernels in implementations():
        for n_samples, n_components in QUICK_SIZES if quick else SIZES:
            print(f"  gram: {kernels}, n={n_samples}, N={n_components}", file=sys.stderr)
            yield from run_isolated(
                measure,
                kernels=kernels,
                n_samples=n_samples,
                n_components=n_components,
                n_rounds=3,
            )


def measure(n_samples, n_components, n_rounds):
    """Rows of one implementation and size; a third of the entries each is -1, 0 and 1."""
    rng = np.random.default_rng(0)
    levels = rng.integers(-1, 2, size=(n_samples, n_components), dtype=np.int8)
    rows = {
        "packed": pack_ternary(levels),
        "int8": levels,
        "float32": levels.astype(np.float32),
    }
    tasks = {
        "packed": partial(ternary_gram, rows["packed"], n_components=n_components),
        "int8": partial(ternary_gram, levels),
        "float32": lambda: rows["float32"] @ rows["float32"].T,
    }
    few = rows["float32"][:64]
    counted = ternary_gram(rows["packed"][:64], n_components=n_components)
    if not np.array_equal(counted, few @ few.T):
        raise AssertionError("the inner products of packed and of float32 rows differ")
    with threadpool_limits(1):
        times = time_in_turns(tasks, n_rounds)
    for method, measured in times.items():
        yield {
            "n": n_samples,
            "n_components": n_components,
            "threads": 1,
            "rows": method,
            "row_bytes": rows[method].nbytes // n_samples,
            **measured.columns(),
        }
