# SPDX-License-Identifier: BSD-3-Clause
"""Two Gaussian classes: error of every kernel beside the theory, bytes, time beside the peers.

Each seed is a new draw of the rows; times are CPU times of one thread, all methods in turns on
each draw.
"""

import sys
import warnings
from functools import partial
from statistics import fmean, stdev

from benchmarks.one_thread import run_on_one_thread
from benchmarks.spectral_clustering.gaussian_classes import gaussian_classes
from benchmarks.spectral_clustering.methods import PEERS, make_ours, make_peer
from benchmarks.spectral_clustering.scores import accuracy
from benchmarks.timing import Times, time_in_turns
from skrmt.theory import HardThreshold, OddQuantizer, misclassification_rate, phase_transition

N, P = 4000, 2000
QUICK_N, QUICK_P = 800, 400
SNRS = (1.5, 3.0, 6.0)
SEEDS = (0, 1, 2)
BEST = OddQuantizer.ternary().density

# Settings of the estimator, and the map for the theory.
KERNELS = {
    "sign": ({"kernel": "sign"}, OddQuantizer.sign()),
    "quantized, 2 bits": ({"kernel": "quantized"}, OddQuantizer.lloyd_max(2)),
    f"ternary, {BEST:.4f}": ({"kernel": "ternary"}, OddQuantizer.ternary()),
    "ternary, 0.1": ({"kernel": "ternary", "density": 0.1}, OddQuantizer.ternary(0.1)),
    "ternary, 0.01": ({"kernel": "ternary", "density": 0.01}, OddQuantizer.ternary(0.01)),
    "sparse, 0.1": ({"kernel": "sparse", "density": 0.1}, HardThreshold.of_density(0.1)),
}


def run(quick):
    """Rows of all signal-to-noise ratios, each in a process of its own."""
    n, p = (QUICK_N, QUICK_P) if quick else (N, P)
    for snr in SNRS:
        print(f"  mixture: snr {snr}", file=sys.stderr)
        yield from run_on_one_thread(measure, n=n, p=p, snr=snr)


def measure(n, p, snr):
    """Rows of one signal-to-noise ratio, one for each method."""
    times = {name: Times() for name in (*KERNELS, *PEERS)}
    errors = {name: [] for name in times}
    fitted = {}
    for seed in SEEDS:
        X, y = gaussian_classes(n, p, 2, snr, seed)
        estimators = {
            name: make_ours(2, seed, affinity="signed", **settings)
            for name, (settings, _) in KERNELS.items()
        } | {name: make_peer(name, 2, X, seed) for name in PEERS}
        with warnings.catch_warnings():
            # Below the transition ours warns, and a peer of graphs that are not connected.
            warnings.simplefilter("ignore")
            tasks = {name: partial(model.fit, X) for name, model in estimators.items()}
            for name, once in time_in_turns(tasks, 1).items():
                times[name].cpu += once.cpu
                times[name].wall += once.wall
        for name, model in estimators.items():
            errors[name].append(1 - accuracy(y, model.labels_))
            fitted.setdefault(name, []).append(model)
    for name, models in fitted.items():
        yield {
            "n": n,
            "p": p,
            "snr": snr,
            "method": name,
            "threads": 1,
            "seeds": len(SEEDS),
            "error": round(fmean(errors[name]), 5),
            "error_se": round(stdev(errors[name]) / len(SEEDS) ** 0.5, 5),
            **(prediction(name, models, n, p, snr) if name in KERNELS else NO_PREDICTION),
            **times[name].columns(),
        }


def prediction(name, models, n, p, snr):
    """Columns of the theory and of the storage; the uniform mask keeps as many entries."""
    entrywise, c = KERNELS[name][1], p / n
    uniform = 1 / entrywise.density
    return {
        "kappa": round(entrywise.kappa, 4),
        "kappa_fitted": round(fmean(model.kappa_ for model in models), 4),
        "transition": round(phase_transition(c, entrywise.kappa), 4),
        "theory": round(float(misclassification_rate(snr, c, entrywise.kappa)), 5),
        "expected": round(fmean(model.expected_error_ for model in models), 5),
        "uniform": round(float(misclassification_rate(snr, c, uniform)), 5),
        "density": round(fmean(model.density_ for model in models), 5),
        "bytes": round(fmean(model.affinity_.nbytes for model in models)),
    }


NO_PREDICTION = dict.fromkeys(
    ("kappa", "kappa_fitted", "transition", "theory", "expected", "uniform", "density", "bytes"), ""
)
