# SPDX-License-Identifier: BSD-3-Clause
"""A fit continued to new rows, and eigenvalues that are counted."""

import numpy as np
import pytest
from cluster_cases import class_mixture, exact_similarities, rows_of, signal_mixture

from skrmt.cluster._kernel_choice import named_kernel
from skrmt.cluster._rows import GivenSimilarities, RowMap
from skrmt.cluster._sampled_rows import PairSample
from skrmt.cluster._signed_fit import SpectrumSettings, fit_signed

MAPS = [("sign", None), ("quantized", None), ("ternary", 0.3), ("ternary", 0.1), ("sparse", 0.1)]


def fit(rows, n_vectors, kernel="sign", density=None, *, tol=1e-6, n_jobs=None, seed=0):
    random_state = np.random.RandomState(seed)
    return fit_signed(
        rows,
        PairSample.of(rows, random_state),
        named_kernel(kernel, density, 2),
        n_vectors,
        random_state=random_state,
        settings=SpectrumSettings(tol, None, n_jobs),
    )


@pytest.mark.parametrize(("kernel", "density"), MAPS)
def test_without_the_term_of_a_row_itself_the_vectors_come_again(kernel, density):
    X, _ = class_mixture(500, 150, [6.0, 4.0], 0)
    S = exact_similarities(X, "cosine")
    np.fill_diagonal(S, 0.01)
    found = fit(GivenSimilarities(S), 2, kernel, density)
    np.fill_diagonal(S, 0)
    rows = GivenSimilarities(S)
    # A similarity of zero is a tie, and counts as the lowest negative level.
    tie = getattr(found.entrywise, "levels", (0.0,))[0] * found.affinity.scale / found.eigenvalues
    expected = found.vectors * (1 - tie)
    # The error of a vector is that of the matrix, in float32, over the gap of the eigenvalues.
    np.testing.assert_allclose(found.extend(rows, rows, 2), expected, atol=2e-5)


@pytest.mark.parametrize(("kernel", "density"), MAPS)
def test_density_and_threshold_are_those_of_the_data(kernel, density):
    # Few features: the tail of the cosines is shorter than that of a Gaussian law.
    rows = rows_of(np.random.default_rng(0).standard_normal((400, 12)))
    found = fit(rows, 1, kernel, density)
    expected = 1.0 if density is None else density
    assert found.affinity.density == pytest.approx(expected, abs=2e-5)
    S = np.abs(rows.tile(slice(0, 400), rows, slice(0, 400))[np.triu_indices(400, 1)])
    if density is not None:
        assert np.mean(S > found.threshold) == pytest.approx(density, abs=2e-5)
    elif kernel == "sign":
        assert found.threshold == 0
    else:
        t = named_kernel(kernel, None, 2).entrywise.thresholds[0]
        assert found.threshold == pytest.approx(t * np.sqrt(np.mean(S**2)), rel=1e-5)


def test_new_rows_lie_on_the_side_of_their_class():
    X, y = signal_mixture(800, 200, 6.0, seed=0)
    row_map = RowMap(X[:500], True)
    training, new = (row_map.rows(part, unit=True) for part in (X[:500], X[500:]))
    found = fit(training, 1)
    for n_jobs in (None, 2):
        places = found.extend(new, training, 1, n_jobs)[:, 0]
        agree = np.mean((places > 0) == y[500:])
        # Out of the sample the error is as in it, about 1 %; 300 new rows.
        assert max(agree, 1 - agree) > 0.95


@pytest.mark.parametrize("strengths", [[], [5.0], [6.0, 5.0, 4.0]])
def test_eigenvalues_beyond_the_noise_are_counted(strengths):
    n, p = 500, 250
    X, _ = class_mixture(n, p, strengths, 1)
    for kernel, density in [("sign", None), ("ternary", 0.25)]:
        found = fit(rows_of(X), "auto", kernel, density)
        assert found.n_outliers == len(strengths)
        assert len(found.eigenvalues) == 10


def test_more_clusters_than_are_looked_at_first():
    X, _ = class_mixture(900, 600, [12.0] * 12, 0)
    found = fit(rows_of(X), "auto")
    assert len(found.eigenvalues) > 12
    assert found.n_outliers == 12


def test_too_sparse_to_count():
    rows = rows_of(np.random.default_rng(0).standard_normal((400, 200)))
    with pytest.raises(ValueError, match=r"density=0\.1 keeps 40: set density to 0\.25 or more"):
        fit(rows, "auto", "ternary", 0.1)
    assert fit(rows, "auto", "ternary", 0.26).n_outliers == 0


def test_threads_change_nothing():
    X, _ = signal_mixture(1100, 60, 4.0, seed=0)
    rows = rows_of(X)
    one, two = (fit(rows, 1, "quantized", n_jobs=n_jobs) for n_jobs in (None, 2))
    np.testing.assert_array_equal(one.eigenvalues, two.eigenvalues)
    np.testing.assert_array_equal(one.vectors, two.vectors)
