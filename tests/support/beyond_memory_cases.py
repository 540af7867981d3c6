# SPDX-License-Identifier: BSD-3-Clause
"""Streams of more rows than an address space holds: run as a program, which limits its own.

Rows are drawn with repetition from a few different ones. So what is to come out is known to
rounding: it is what `fit` makes of the different rows, weighted by how often each was drawn.
"""

import resource
import sys
from pathlib import Path
from warnings import catch_warnings

import numpy as np

from skrmt.covariance import AnalyticalShrinkage, SpikedCovariance
from skrmt.exceptions import TheoryWarning
from skrmt.kernel_approximation import TernaryRandomFeatures
from skrmt.linear_model import SketchedRidgeEnsemble

N_FEATURES, N_DIFFERENT, BATCH = 64, 500, 12_500
MARGIN = 256 * 2**20
# Bytes of all rows: five times what may be allocated, and on disk somewhat more than that.
N_DRAWN, N_STORED = 2_500_000, 600_000
RTOL = 1e-8


def different_rows():
    """Rows of unequal variances about a mean far from 0, and their targets."""
    rng = np.random.default_rng(0)
    scale = np.repeat([3.0, 1.0], [8, N_FEATURES - 8])
    X = rng.standard_normal((N_DIFFERENT, N_FEATURES)) * scale + 100
    return X, X @ rng.standard_normal(N_FEATURES) / 8 + rng.standard_normal(N_DIFFERENT)


def drawn(n_rows, seed=1):
    """Yield which rows come next, in batches."""
    rng = np.random.default_rng(seed)
    for start in range(0, n_rows, BATCH):
        yield rng.integers(N_DIFFERENT, size=min(BATCH, n_rows - start))


def write(path):
    """Store rows in a file, a batch at a time."""
    X, _ = different_rows()
    with Path(path).open("wb") as file:
        for which in drawn(N_STORED):
            X[which].tofile(file)


def streamed_rows(path):
    """Yield batches of rows, their targets and which ones they are; from a file, if given."""
    X, y = different_rows()
    start = 0
    for which in drawn(N_STORED if path else N_DRAWN):
        rows = X[which]
        if path:
            # A map of the whole file would be an address space of its own.
            shape, offset = rows.shape, start * N_FEATURES * 8
            rows = np.memmap(path, np.float64, mode="r", shape=shape, offset=offset)
        yield rows, y[which], which
        start += len(which)


def limit_address_space():
    """Allow little more than what is in use, and show that all rows are too many."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MARGIN
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    try:
        np.empty((N_STORED, N_FEATURES))
    except MemoryError:
        return
    raise AssertionError("the limit allows all rows at once")


def _close(found, expected, name):
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found, expected, rtol=RTOL, atol=RTOL * scale, err_msg=name)


def ridge(sketch_size):
    """Stream into an ensemble with penalties that are chosen, or one that is not sketched."""

    def run(batches):
        sketch = {} if sketch_size else {"sketch": None}
        model = SketchedRidgeEnsemble(
            sketch_size=sketch_size or N_FEATURES, criterion="gcv", random_state=0, **sketch
        )
        streamed = SketchedRidgeEnsemble(**model.get_params()).set_params(n_reservoir=100)
        counts = np.zeros(N_DIFFERENT)
        for X, y, which in batches:
            streamed.partial_fit(X, y)
            counts += np.bincount(which, minlength=N_DIFFERENT)
        fitted = model.fit(*different_rows(), sample_weight=counts)
        assert streamed.n_samples_seen_ == counts.sum()
        for name in ("alpha_", "risk_path_", "coef_", "intercept_"):
            _close(getattr(streamed, name), getattr(fitted, name), name)

    return run


def covariance(Estimator):
    """Stream into an estimator of the covariance matrix."""

    def run(batches):
        # Rows that are repeated so often are not what either takes for noise.
        with catch_warnings(action="ignore", category=TheoryWarning):
            check(batches)

    def check(batches):
        streamed, counts = Estimator(), np.zeros(N_DIFFERENT)
        for X, _, which in batches:
            streamed.partial_fit(X)
            counts += np.bincount(which, minlength=N_DIFFERENT)
        fitted = Estimator().fit(different_rows()[0], sample_weight=counts)
        assert streamed.n_samples_seen_ == counts.sum()
        for name in ("location_", "covariance_", "precision_", "shrunk_eigenvalues_"):
            _close(getattr(streamed, name), getattr(fitted, name), name)

    return run


def ternary(batches):
    """Stream into ternary features, and transform a batch at a time."""
    streamed, counts = TernaryRandomFeatures(256, random_state=0), np.zeros(N_DIFFERENT)
    for X, _, which in batches:
        streamed.partial_fit(X)
        counts += np.bincount(which, minlength=N_DIFFERENT)
        n_rows, n_features = streamed.transform(X[:100]).shape
    assert (n_rows, n_features) == (100, 256)
    X, _ = different_rows()
    mean = np.average(X, axis=0, weights=counts)
    assert streamed.n_samples_seen_ == counts.sum()
    _close(streamed.mean_, mean, "mean_")
    _close(streamed.tau_, counts @ ((X - mean) ** 2).sum(axis=1) / counts.sum(), "tau_")


CASES = {
    "sketched ridge": ridge(16),
    "ridge": ridge(None),
    "analytical shrinkage": covariance(AnalyticalShrinkage),
    "spiked covariance": covariance(SpikedCovariance),
    "ternary features": ternary,
}


def main(case, path=None):
    """Run a case under the limit."""
    run = CASES[case]
    # What is loaded at first use is loaded before.
    warm_up = different_rows()
    run([(*warm_up, np.arange(N_DIFFERENT))])
    limit_address_space()
    run(streamed_rows(path))


if __name__ == "__main__":
    main(*sys.argv[1:])
