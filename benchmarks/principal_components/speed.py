# SPDX-License-Identifier: BSD-3-Clause
"""Time of `RMTPCA().fit` beside `PCA().fit`, and where few components stand out.

White noise around three components. *All threads* is wall time with all cores; *one thread* is CPU
time of a process with one.
"""

import sys
import time
import warnings
from functools import partial

import numpy as np
import scipy.sparse as sp
from sklearn.decomposition import PCA, TruncatedSVD

from benchmarks.columns import filled
from benchmarks.isolation import run_isolated
from benchmarks.memory import resident_peak
from benchmarks.one_thread import run_on_one_thread
from benchmarks.timing import Times, time_by_length, time_in_turns
from skrmt.decomposition import RMTPCA

# (n, p)
SHAPES = {
    "tall": ((20_000, 100), (20_000, 500), (5000, 200), (100_000, 50)),
    "square": ((1000, 1000), (2000, 2000)),
    "wide": ((500, 2000), (200, 10_000), (72, 7129)),
}
QUICK_SHAPES = {"tall": ((2000, 50),), "square": ((300, 300),), "wide": ((50, 500),)}
DTYPES = ("float64", "float32")
FEW, QUICK_FEW = ((2000, 2000), (4000, 1500)), ((400, 400),)
SPARSE, QUICK_SPARSE, DENSITY = (20_000, 5000), (1000, 300), 0.01
SPARSE_STRENGTHS = (0.6, 0.5, 0.4)
FLIPS, QUICK_FLIPS = ((300, 100), (1000, 500), (2000, 2000)), ((200, 60),)
SPIKES = (10.0, 6.0, 4.0)
# The peers are told to find ten components.
SPARSE_METHODS = {
    "RMTPCA": partial(RMTPCA, random_state=0),
    "RMTPCA, max_components=10": partial(RMTPCA, max_components=10, random_state=0),
    'PCA(10), "arpack"': partial(PCA, 10, svd_solver="arpack", random_state=0),
    "TruncatedSVD(10), not centred": partial(TruncatedSVD, 10, random_state=0),
}
# Fits of fewer entries are measured more often.
SMALL, SMALL_ROUNDS = 2_000_000, 7

COLUMNS = (
    *("study", "shape", "n", "p", "dtype", "threads", "method", "components", "rounds"),
    *("cpu_median_s", "cpu_min_s", "wall_median_s", "wall_min_s"),
    "resident_bytes",
)


def run(quick):
    """Rows of all studies, one process each, one after the other."""
    for shape, sizes in (QUICK_SHAPES if quick else SHAPES).items():
        for n, p in sizes:
            for dtype in DTYPES:
                print(f"  speed: {n} x {p}, {dtype}", file=sys.stderr)
                case = {"shape": shape, "n": n, "p": p, "dtype": dtype}
                yield from run_isolated(both, threads="all", **case)
                yield from run_on_one_thread(both, threads="one", **case)
    for n, p in QUICK_FEW if quick else FEW:
        print(f"  speed: few components, {n} x {p}", file=sys.stderr)
        yield from run_isolated(few, n=n, p=p)
    n, p = QUICK_SPARSE if quick else SPARSE
    print(f"  speed: sparse, {n} x {p}", file=sys.stderr)
    for method in SPARSE_METHODS:
        yield from run_isolated(sparse, n=n, p=p, method=method)
    for n, p in QUICK_FLIPS if quick else FLIPS:
        print(f"  speed: rules, {n} x {p}", file=sys.stderr)
        yield from run_isolated(rules, n=n, p=p)


def sample(n, p, dtype):
    """Rows with a few components."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, p), np.dtype(dtype).type)
    # What stands out depends on p / n.
    edge = 1 + (p / n) ** 0.5
    strengths = np.sqrt(np.array(SPIKES) * edge).astype(dtype)
    axes = np.linalg.qr(rng.standard_normal((p, len(SPIKES))))[0].T.astype(dtype)
    X += (rng.standard_normal((n, len(SPIKES)), np.dtype(dtype).type) * strengths) @ axes
    return X + np.dtype(dtype).type(1)


def timed(tasks, entries):
    """Times of the tasks, and numbers of components that the first calls found."""
    with warnings.catch_warnings(action="ignore"):
        components = {key: int(getattr(task(), "n_components_", 0)) for key, task in tasks.items()}
        if entries < SMALL:
            found = time_in_turns(tasks, SMALL_ROUNDS)
        else:
            found = time_by_length(tasks)
    for key, times in found.items():
        yield {"method": key, "components": components[key], **times.columns()}


def both(shape, n, p, dtype, threads):
    """Rows of RMTPCA and of PCA."""
    X = sample(n, p, dtype)
    tasks = {
        "RMTPCA": lambda: RMTPCA(random_state=0).fit(X),
        "PCA": lambda: PCA(random_state=0).fit(X),
    }
    case = {"study": "defaults", "shape": shape, "n": n, "p": p, "dtype": dtype}
    rows = [case | {"threads": threads} | row for row in timed(tasks, X.size)]
    yield from filled(COLUMNS, rows)


def few(n, p):
    """Rows of solvers, where few components stand out."""
    X, k = sample(n, p, "float64"), len(SPIKES)
    tasks = {
        "RMTPCA": RMTPCA(random_state=0),
        **{
            f'RMTPCA, "{solver}"': RMTPCA(svd_solver=solver, random_state=0)
            for solver in ("arpack", "covariance_eigh", "full")
        },
        "PCA": PCA(),
        'PCA, "covariance_eigh"': PCA(svd_solver="covariance_eigh"),
        'PCA at the true rank, "arpack"': PCA(k, svd_solver="arpack", random_state=0),
        'PCA at the true rank, "randomized"': PCA(k, svd_solver="randomized", random_state=0),
    }
    tasks = {key: partial(model.fit, X) for key, model in tasks.items()}
    case = {"study": "few", "n": n, "p": p, "dtype": "float64", "threads": "all"}
    yield from filled(COLUMNS, (case | row for row in timed(tasks, X.size)))


def sparse_sample(n, p):
    """Sparse entries with three components of signs, in noise."""
    rng = np.random.default_rng(0)
    X = sp.random_array((n, p), density=DENSITY, format="coo", rng=rng)
    row, column = X.coords
    X.data[:] = rng.standard_normal(X.nnz)
    for strength in SPARSE_STRENGTHS:
        X.data += strength * rng.choice([-1, 1], n)[row] * rng.choice([-1, 1], p)[column]
    return sp.csr_array(X)


def sparse(n, p, method):
    """Row of one fit to sparse data: time, and peak memory beside the data."""
    X = sparse_sample(n, p)
    model = SPARSE_METHODS[method]()
    times = Times()

    def fit():
        wall, cpu = time.perf_counter(), time.process_time()
        model.fit(X)
        times.cpu.append(time.process_time() - cpu)
        times.wall.append(time.perf_counter() - wall)

    with warnings.catch_warnings(action="ignore"):
        resident, _ = resident_peak(fit)
    row = {
        "study": "sparse",
        "n": n,
        "p": p,
        "dtype": "float64",
        "threads": "all",
        "method": method,
        "components": getattr(model, "n_components_", ""),
        **times.columns(),
        "resident_bytes": "" if resident is None else max(0, resident),
    }
    yield from filled(COLUMNS, [row])


def rules(n, p):
    """Rows of the rules for the rank."""
    X = sample(n, p, "float64")
    tasks = {
        rule: partial(RMTPCA(rule, random_state=0).fit, X)
        for rule in ("auto", "kn", "gavish-donoho", "signflip")
    }
    case = {"study": "rules", "n": n, "p": p, "dtype": "float64", "threads": "all"}
    yield from filled(COLUMNS, (case | row for row in timed(tasks, X.size)))
