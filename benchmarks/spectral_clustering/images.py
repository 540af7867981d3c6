# SPDX-License-Identifier: BSD-3-Clause
"""The 10 000 test images of MNIST: agreement with the digits, time and memory beside the peers.

Times are CPU times of one thread, in turns; what takes more than eight seconds is fitted once, the
rest three times, each with another seed. Memory is measured in processes of their own.
"""

import sys
import warnings
from functools import partial

from benchmarks.memory import peaks_of
from benchmarks.one_thread import run_on_one_thread
from benchmarks.problems import at_hand, load_whole
from benchmarks.spectral_clustering.methods import PEERS, make_ours, make_peer
from benchmarks.spectral_clustering.scores import agreement
from benchmarks.timing import time_by_length

N_CLUSTERS = 10
QUICK_ROWS = 1500
OURS = {
    "cosine": {"metric": "cosine"},
    "cosine, cluster_qr": {"metric": "cosine", "assign_labels": "cluster_qr"},
    "cosine, discretize": {"metric": "cosine", "assign_labels": "discretize"},
    "cosine, 50 neighbours, at least 3": {
        "metric": "cosine",
        "n_neighbors": 50,
        "min_neighbors": 3,
    },
    "euclidean": {"metric": "euclidean"},
}
METHODS = (*OURS, *PEERS)


def run(quick):
    """Rows of all methods."""
    if not at_hand("mnist"):
        print("  images: mnist is not at hand", file=sys.stderr)
        return
    n_rows = QUICK_ROWS if quick else None
    print("  images: times", file=sys.stderr)
    for row in run_on_one_thread(measure, n_rows=n_rows):
        print(f"  images: memory of {row['method']}", file=sys.stderr)
        (peaks,) = run_on_one_thread(measure_memory, method=row["method"], n_rows=n_rows)
        yield {**row, **{key: peaks[key] for key in ("resident_bytes", "traced_bytes")}}


def make(method, X, seed):
    """Set up a method."""
    if method in OURS:
        return make_ours(N_CLUSTERS, seed, **OURS[method])
    return make_peer(method, N_CLUSTERS, X, seed)


def measure(n_rows):
    """Rows of all methods, without memory."""
    X, y = load_whole("mnist", n_rows=n_rows, given_test=True)
    fits = {method: [] for method in METHODS}

    def fit(method):
        labels = make(method, X, len(fits[method])).fit(X).labels_
        fits[method].append(labels)

    with warnings.catch_warnings():
        # Of graphs that are not connected; the scores show what that means.
        warnings.simplefilter("ignore")
        times = time_by_length({method: partial(fit, method) for method in METHODS})
    for method in METHODS:
        yield {
            "n": len(X),
            "p": X.shape[1],
            "method": method,
            "ours": method in OURS,
            "threads": 1,
            **agreement(y, fits[method]),
            **times[method].columns(),
        }


def measure_memory(method, n_rows):
    """Row of the peaks of one method."""
    X, _ = load_whole("mnist", n_rows=n_rows, given_test=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peaks, _ = peaks_of(lambda: make(method, X, 0).fit(X))
    yield peaks
