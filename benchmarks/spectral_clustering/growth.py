# SPDX-License-Identifier: BSD-3-Clause
"""How `SparseQuantizedSpectralClustering` grows with rows, columns, clusters and workers.

Gaussian classes whose means are known, float32, eight classes unless they are what grows.
"""

from functools import partial

from benchmarks.growth import JOBS, Claim, Curve, measure_all
from benchmarks.spectral_clustering.gaussian_classes import gaussian_classes
from benchmarks.spectral_clustering.methods import make_ours

SQUARE = Claim(None, 2, "n² p operations")
COLUMNS = Claim(None, 1, "n² p operations, and what does not depend on p")
PACKED = Claim(1, 2, "rows in float32 and n²/4 bytes for two bits, and tiles")
LINKS = Claim(None, 1, "rows in float32 and 8 n (n_neighbors + min_neighbors) bytes, and tiles")
ROWS_ONLY = Claim(None, 1, "rows in float32; the affinity does not depend on p")


def run(quick):
    """Rows of all curves."""
    yield from measure_all(__name__, quick)


def fit(size, jobs, *, affinity, variable, n=4000, p=128, n_classes=8):
    """Task of a fit."""
    given = {"n": n, "p": p, "n_classes": n_classes} | {variable: size}
    X, _ = gaussian_classes(**given, snr=3.0, seed=0)
    model = make_ours(given["n_classes"], 0, affinity=affinity, n_jobs=jobs)
    return partial(model.fit, X), None


ROWS, QUICK_ROWS = (1000, 2000, 4000, 8000, 16000), (500, 1000, 2000)
INPUTS, QUICK_INPUTS = (64, 128, 256, 512, 1024), (64, 128, 256)


def curves_of(affinity, memory):
    """Curves of one mode."""
    subject = f"fit, {affinity} mode"
    make = partial(fit, affinity=affinity)
    return (
        Curve(
            subject,
            "n",
            "p = 128, 8 clusters",
            ROWS,
            QUICK_ROWS,
            partial(make, variable="n"),
            SQUARE,
            memory,
        ),
        Curve(
            subject,
            "p",
            "n = 4000, 8 clusters",
            INPUTS,
            QUICK_INPUTS,
            partial(make, variable="p"),
            COLUMNS,
            ROWS_ONLY,
        ),
        Curve(
            subject,
            "n_clusters",
            "n = 4000, p = 128",
            (2, 4, 8, 16, 32),
            (2, 4),
            partial(make, variable="n_classes"),
        ),
        Curve(
            subject,
            JOBS,
            "p = 128, 8 clusters",
            (8000,),
            (1000,),
            partial(make, variable="n"),
        ),
    )


CURVES = (*curves_of("signed", PACKED), *curves_of("similarity", LINKS))
