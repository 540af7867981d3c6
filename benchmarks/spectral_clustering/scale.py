# SPDX-License-Identifier: BSD-3-Clause
"""Many rows: time and peak memory of `fit` on one thread, and time of `predict`.

Each fit is the only one of its process. Memory is the growth of the peak resident memory beside the
data (see `benchmarks.memory`), measured in the same fit as the time.
"""

import sys
import time
import warnings

from benchmarks.memory import resident_peak
from benchmarks.one_thread import run_on_one_thread
from benchmarks.spectral_clustering.gaussian_classes import gaussian_classes
from benchmarks.spectral_clustering.methods import NEAREST, make_ours, make_peer
from benchmarks.spectral_clustering.scores import agreement

SIZES, P = (10_000, 20_000, 50_000, 100_000), 256
QUICK_SIZES, QUICK_P = (2000, 4000), 64
N_CLASSES, SNR = 8, 2.0
N_PREDICTED = 10_000

OURS = {"signed": {"affinity": "signed"}, "similarity": {"affinity": "similarity"}}
PEERS = ("KMeans", "MiniBatchKMeans")


def run(quick):
    """Rows of all sizes and methods; one peer only at the smallest size, it takes too long."""
    sizes, p = (QUICK_SIZES, QUICK_P) if quick else (SIZES, P)
    for n in sizes:
        for method in (*OURS, *PEERS, *([NEAREST] if n == sizes[0] else [])):
            print(f"  scale: {n} rows, {method}", file=sys.stderr)
            yield from run_on_one_thread(measure, method=method, n=n, p=p)


def measure(method, n, p):
    """Row of one method."""
    X, y = gaussian_classes(n + N_PREDICTED, p, N_CLASSES, SNR, 0)
    X, X_new, y, y_new = X[:n], X[n:], y[:n], y[n:]
    if method in OURS:
        model = make_ours(N_CLASSES, 0, **OURS[method])
    else:
        model = make_peer(method, N_CLASSES, X, 0)
    seconds = {}

    def fit():
        wall, cpu = time.perf_counter(), time.process_time()
        model.fit(X)
        seconds["cpu"], seconds["wall"] = time.process_time() - cpu, time.perf_counter() - wall

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        resident, _ = resident_peak(fit)
        row = {
            "n": n,
            "p": p,
            "method": method,
            "threads": 1,
            "data_bytes": X.nbytes,
            "cpu_s": round(seconds["cpu"], 3),
            "wall_s": round(seconds["wall"], 3),
            "resident_bytes": "" if resident is None else max(0, resident),
            **agreement(y, [model.labels_]),
            **storage(model),
            "predict_rows": "",
            "predict_cpu_s": "",
            "predict_accuracy": "",
        }
        if method in OURS:
            row |= predicted(model, X_new, y_new)
    yield row


def storage(model):
    """Columns of the stored affinity, empty for the peers."""
    affinity = getattr(model, "affinity_", None)
    if not hasattr(affinity, "nbytes"):
        return {"bytes": "", "density": ""}
    return {"bytes": affinity.nbytes, "density": round(affinity.density, 6)}


def predicted(model, X, y):
    """Columns of new rows."""
    begin = time.process_time()
    labels = model.predict(X)
    return {
        "predict_rows": len(X),
        "predict_cpu_s": round(time.process_time() - begin, 3),
        "predict_accuracy": agreement(y, [labels])["accuracy"],
    }
