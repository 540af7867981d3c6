# SPDX-License-Identifier: BSD-3-Clause
"""How the ridge estimators grow with rows, columns, sketch size, members and workers.

Rows of the power law (`designs.PowerLaw`) in float64, all defaults but what is named.
"""

from functools import partial

from benchmarks.growth import JOBS, Claim, Curve, measure_all
from benchmarks.sketched_ridge.designs import power_law
from skrmt.linear_model import SketchedRidgeCV, SketchedRidgeEnsemble

MEMBERS = "n p log p for each group, and 2 n m² + 9 m³ + n m q L for each member"
ROWS = Claim(None, 1, f"{MEMBERS}: every term is at most linear in n")
COLUMNS = Claim(None, 1.1, f"{MEMBERS}: n p log p at most")
SIZE = Claim(None, 3, f"{MEMBERS}: from n m L to 9 m³")
COUNT = Claim(None, 1, f"{MEMBERS}: one transform for a group, the rest for each member")
GROUP = "memory n m g for a group of g members"
SKETCH_ROWS = Claim(
    None, 1, "n p log p, n m² + m³ and n p (k + d), or n p r exactly, r = p < n here"
)
SKETCH_COLUMNS = Claim(None, 1.1, "n p log p, n m² + m³ and n p (k + d); m grows slower than p")
STREAM = Claim(0, 0, "what is kept does not grow with the rows")


def run(quick):
    """Rows of all curves."""
    yield from measure_all(__name__, quick)


def fit(size, jobs, *, variable, n=4000, p=1000, m=100, n_members=4):
    """Task of a fit of the ensemble; workers only where they are what grows."""
    given = {"n": n, "p": p, "m": m, "n_members": n_members} | {variable: size}
    rows = power_law(given["n"], given["p"], 0.5, n_test=2)
    model = SketchedRidgeEnsemble(
        given["n_members"], sketch_size=given["m"], random_state=0, n_jobs=jobs
    )
    return partial(model.fit, rows.X, rows.y), None


def fit_cv(size, jobs, *, variable, n=2000, p=1000):
    """Task of a fit of SketchedRidgeCV."""
    given = {"n": n, "p": p} | ({"n": size, "p": size} if variable == "n = p" else {variable: size})
    rows = power_law(given["n"], given["p"], 0.5, n_test=2)
    return partial(SketchedRidgeCV(random_state=0, n_jobs=jobs).fit, rows.X, rows.y), None


def stream(size, jobs, *, batch=1000, p=200):
    """Task of fitting in batches; the same batch again and again."""
    rows = power_law(batch, p, 0.5, n_test=2)

    def task():
        model = SketchedRidgeEnsemble(4, sketch_size=50, random_state=0, n_jobs=jobs)
        for _ in range(size // batch):
            model.partial_fit(rows.X, rows.y)
        return model.coef_

    return task, None


ENSEMBLE, CV = "SketchedRidgeEnsemble.fit", "SketchedRidgeCV.fit"
CURVES = (
    Curve(
        ENSEMBLE,
        "n",
        "p = 1000, m = 100, K = 4",
        (2000, 4000, 8000, 16000, 32000),
        (250, 500, 1000),
        partial(fit, variable="n"),
        ROWS,
        Claim(None, 1, GROUP),
    ),
    Curve(
        ENSEMBLE,
        "p",
        "n = 4000, m = 100, K = 4",
        (500, 1000, 2000, 4000, 8000),
        (250, 500, 1000),
        partial(fit, variable="p"),
        COLUMNS,
        Claim(None, 0, f"{GROUP}: no p in it"),
    ),
    Curve(
        ENSEMBLE,
        "m",
        "n = 4000, p = 2000, K = 2",
        (50, 100, 200, 400, 800),
        (50, 100, 200),
        partial(fit, variable="m", p=2000, n_members=2),
        SIZE,
        Claim(None, 1, GROUP),
    ),
    Curve(
        ENSEMBLE,
        "n_members",
        "n = 4000, p = 2000, m = 100",
        (1, 2, 4, 8, 16),
        (1, 2, 4),
        partial(fit, variable="n_members", p=2000),
        COUNT,
        Claim(None, 1, GROUP),
    ),
    Curve(
        CV,
        "n",
        "p = 1000",
        (2000, 4000, 8000, 16000, 32000),
        (2000, 4000),
        partial(fit_cv, variable="n"),
        SKETCH_ROWS,
    ),
    Curve(
        CV,
        "p",
        "n = 2000",
        (2000, 4000, 8000, 16000),
        (2000, 4000),
        partial(fit_cv, variable="p"),
        SKETCH_COLUMNS,
    ),
    Curve(
        "SketchedRidgeEnsemble.partial_fit",
        "n",
        "p = 200, m = 50, K = 4, batches of 1000",
        (8000, 16000, 32000, 64000, 128000),
        (2000, 4000),
        stream,
        ROWS,
        STREAM,
    ),
    Curve(
        ENSEMBLE,
        JOBS,
        "p = 1000, m = 100, K = 4",
        (16000,),
        (2000,),
        partial(fit, variable="n"),
    ),
)
