# SPDX-License-Identifier: BSD-3-Clause
"""Small sets of all kinds: agreement with the classes, beside the peers on the same input.

Images are divided by their largest value, text and network features are taken as they are, tables
are standardised; what has many rows is sampled. Every set with classes that is declared in
`benchmarks.problems` is here, those for the detection of outliers where at least a fifth of the
rows are outliers. Nothing is chosen by the classes.
"""

import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
from sklearn import datasets

from benchmarks.isolation import run_isolated
from benchmarks.one_thread import one_thread
from benchmarks.problems import at_hand, load_whole
from benchmarks.spectral_clustering.methods import NEAREST, RBF, make_ours, make_peer
from benchmarks.spectral_clustering.scores import agreement

SEEDS = (0, 1, 2)
MOST_ROWS, QUICK_ROWS = 5000, 500

# Images, text and features of a network: the kinds that metric="cosine" is advised for.
DIRECTIONS = ("coil20", "orl", "fashion_900", "digits", "pcmac", "cifar10_resnet18")
TABLES = (
    *("isolet", "letter", "spambase", "magic", "adult", "eeg"),
    *("tox171", "leukemia", "colon"),
    *("od_ionosphere", "od_mvtec_ad_carpet", "od_satellite"),
    *("iris", "wine", "breast_cancer"),
)
DRAWN = {
    "blobs": lambda: datasets.make_blobs(1500, centers=6, random_state=0),
    "moons": lambda: datasets.make_moons(1500, noise=0.05, random_state=0),
    "circles": lambda: datasets.make_circles(1500, factor=0.5, noise=0.05, random_state=0),
}
NAMES = (*DIRECTIONS, *TABLES, *DRAWN)
QUICK_NAMES = ("digits", "orl", "iris", "wine", "breast_cancer", "moons")

OURS = {"default": {}, "cosine": {"metric": "cosine"}}
METHODS = (*OURS, NEAREST, RBF, "KMeans")


def run(quick):
    """Rows of all sets; as many at a time as there are cores, each on one core."""
    names = [n for n in (QUICK_NAMES if quick else NAMES) if n in DRAWN or at_hand(n)]
    n_rows = QUICK_ROWS if quick else MOST_ROWS

    def measured(name):
        rows = run_isolated(measure, name=name, n_rows=n_rows)
        print(f"  sets: {name}", file=sys.stderr)
        return rows

    with one_thread(), ThreadPoolExecutor(joblib.cpu_count()) as pool:
        for rows in pool.map(measured, names):
            yield from rows


def read(name, n_rows):
    """Rows and classes of a set."""
    if name in DRAWN:
        X, y = DRAWN[name]()
        return X[:n_rows].astype(np.float32), y[:n_rows]
    return load_whole(name, n_rows=n_rows)


def measure(name, n_rows):
    """Rows of one set, one for each method."""
    X, y = read(name, n_rows)
    n_classes = len(np.unique(y))
    for method in METHODS:
        fits, modes, failed = [], set(), ""
        for seed in SEEDS:
            if method in OURS:
                model = make_ours(n_classes, seed, **OURS[method])
            else:
                model = make_peer(method, n_classes, X, seed)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    fits.append(model.fit(X).labels_)
                except Exception as error:
                    failed = f"{type(error).__name__}: {error}"[:100]
            modes.add(getattr(model, "affinity_mode_", ""))
        yield {
            "set": name,
            "n": len(X),
            "p": X.shape[1],
            "n_classes": n_classes,
            "advised": "cosine" if name in DIRECTIONS else "default",
            "method": method,
            "seeds": len(SEEDS),
            "mode": " and ".join(sorted(modes)),
            **agreement(y, fits),
            "failed": failed,
            "threads": 1,
        }
