# SPDX-License-Identifier: BSD-3-Clause
"""How often ``n_clusters="auto"`` finds the number of Gaussian classes, and none in noise."""

import sys
import warnings
from itertools import product

from benchmarks.one_thread import run_on_one_thread
from benchmarks.spectral_clustering.gaussian_classes import gaussian_classes
from benchmarks.spectral_clustering.methods import make_ours

N, P = 2000, 800
QUICK_N, QUICK_P = 1200, 480
KERNELS = {
    "sign": {"kernel": "sign"},
    "quantized, 2 bits": {"kernel": "quantized"},
    "ternary, 0.1": {"kernel": "ternary", "density": 0.1},
}
SNRS = (1.5, 3.0)
# (classes, signal-to-noise ratio); noise has one class.
CASES = ((1, 0.0), *product((2, 4, 8), SNRS))
DRAWS, NOISE_DRAWS = 10, 40


def run(quick):
    """Rows of all cases, each kernel in a process of its own."""
    n, p = (QUICK_N, QUICK_P) if quick else (N, P)
    for kernel in KERNELS:
        print(f"  count: {kernel}", file=sys.stderr)
        yield from run_on_one_thread(measure, kernel=kernel, n=n, p=p, share=5 if quick else 1)


def measure(kernel, n, p, share):
    """Rows of one kernel, one for each case."""
    for n_classes, snr in CASES:
        found = []
        for seed in range((NOISE_DRAWS if n_classes == 1 else DRAWS) // share):
            X, _ = gaussian_classes(n, p, n_classes, snr, seed)
            model = make_ours("auto", seed, affinity="signed", **KERNELS[kernel])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found.append(int(model.fit(X).n_clusters_))
        yield {
            "n": n,
            "p": p,
            "kernel": kernel,
            "n_classes": n_classes,
            "snr": snr,
            "draws": len(found),
            "exact": sum(k == n_classes for k in found),
            "least": min(found),
            "most": max(found),
            "threads": 1,
        }
