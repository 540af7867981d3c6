# SPDX-License-Identifier: BSD-3-Clause
"""Memory of `transform`: bytes of the output, and the most that is held beside input and output.

Each case is the first `transform` of a fresh process, looked at in the two ways of
`benchmarks.memory`, each less the output; the larger of the two is what the report judges.
"""

import sys
from itertools import product

import joblib
import numpy as np
from scipy import sparse
from sklearn.kernel_approximation import RBFSampler
from threadpoolctl import threadpool_limits

from benchmarks.isolation import run_isolated
from benchmarks.memory import resident_peak, traced_peak
from skrmt._kernels import implementations
from skrmt.kernel_approximation import TernaryRandomFeatures

N_COMPONENTS = 4096
INPUTS = {
    "dense float32": (784, "float32", 1.0),
    "dense float64": (784, "float64", 1.0),
    "CSR float32": (784, "float32", 0.1),
    "CSR float32, wide": (100_000, "float32", 0.001),
}
# The output changes what is written, the input what is read: not every pair is needed.
CASES = [
    *product(["dense float32"], ["sparse", "hadamard"], ["int8", "packed", "auto"]),
    *product(list(INPUTS)[1:3], ["sparse", "hadamard"], ["int8"]),
    ("CSR float32, wide", "sparse", "int8"),
]
QUICK_CASES = [case for case in CASES if case[1] == "sparse"]
PEER_CASES = [("dense float32", "", "auto"), ("dense float64", "", "auto")]


def run(quick):
    """Rows of the best and of the NumPy implementation, on one thread and on all."""
    n_samples = 2000 if quick else 20000
    names = tuple(implementations())
    cores = joblib.cpu_count()
    ends = dict.fromkeys((names[0], names[-1]))
    for kernels, threads in product(ends, {1} if quick else sorted({1, cores})):
        print(f"  memory: {kernels}, {threads} thread(s)", file=sys.stderr)
        cases = [("ternary", *case) for case in (QUICK_CASES if quick else CASES)]
        if kernels == names[0] and threads == 1:
            cases += [("RBFSampler", *case) for case in PEER_CASES]
        for method, given, projection, output in cases:
            yield from run_isolated(
                measure,
                kernels=kernels,
                method=method,
                given=given,
                projection=projection,
                output=output,
                n_samples=n_samples,
                threads=threads,
            )


def measure(method, given, projection, output, n_samples, threads):
    """Row of one case."""
    X = make_input(*INPUTS[given], n_samples)
    transformer = make_transformer(method, projection, output, threads).fit(X)
    with threadpool_limits(threads):
        resident, Z = resident_peak(lambda: transformer.transform(X))
        row = {
            "n": n_samples,
            "n_components": N_COMPONENTS,
            "threads": threads,
            "method": method,
            "input": given,
            "projection": projection,
            "output": "packed" if output == "packed" else Z.dtype.name,
            "input_bytes": X.nbytes if given.startswith("dense") else csr_bytes(X),
            "output_bytes": Z.nbytes,
            "resident_extra_bytes": "" if resident is None else max(0, resident - Z.nbytes),
        }
        del Z
        traced = traced_peak(lambda: transformer.transform(X))
    row["traced_extra_bytes"] = max(0, traced - row["output_bytes"])
    yield row


def make_input(p, dtype, density, n_samples):
    """Draw standard normal rows; with a `density` below 1, CSR rows of so many entries."""
    rng = np.random.default_rng(0)
    if density == 1.0:
        return rng.standard_normal((n_samples, p), np.float32).astype(dtype, copy=False)
    n_entries = int(density * p)
    columns = rng.integers(p, size=(n_samples, n_entries), dtype=np.int32)
    values = rng.standard_normal((n_samples, n_entries), np.float32)
    starts = np.arange(0, values.size + 1, n_entries, dtype=np.int32)
    X = sparse.csr_array((values.ravel(), columns.ravel(), starts), shape=(n_samples, p))
    X.sum_duplicates()
    return X


def csr_bytes(X):
    """Bytes of the three arrays of a CSR matrix."""
    return X.data.nbytes + X.indices.nbytes + X.indptr.nbytes


def make_transformer(method, projection, output, threads):
    """Set up the transformer of a case."""
    if method == "RBFSampler":
        return RBFSampler(gamma=0.001, n_components=N_COMPONENTS, random_state=0)
    return TernaryRandomFeatures(
        N_COMPONENTS, projection=projection, dtype=output, random_state=0, n_jobs=threads
    )
