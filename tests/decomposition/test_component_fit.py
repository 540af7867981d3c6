# SPDX-License-Identifier: BSD-3-Clause
"""From a data matrix to components: which rule and which model of the noise describe them."""

import numpy as np
import pytest
from noisy_matrices import (
    exponential_rows,
    gamma_columns,
    planted,
    sparse,
    student3,
    white,
)
from scipy.sparse import csc_array, csr_array
from sklearn.utils import check_random_state

from skrmt.decomposition._centred_matrix import CentredMatrix
from skrmt.decomposition._component_fit import fit_components

RULES = ("auto", "signflip", "kn", "gavish-donoho")


def fitted(X, **parameters):
    values = {
        "n_components": "auto",
        "noise": "auto",
        "level": 0.95,
        "alpha": 0.005,
        "n_flips": 20,
        "max_components": None,
        "svd_solver": "auto",
        "rng": check_random_state(0),
    }
    return fit_components(CentredMatrix(X), **(values | parameters))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("n", "p", "spikes"), [(300, 100, (8, 6, 4)), (100, 400, (30, 20))])
def test_components_are_those_of_the_singular_value_decomposition(n, p, spikes, dtype):
    X = planted(0, n, p, spikes).data.astype(dtype)
    found = fitted(X)
    _, s, Vt = np.linalg.svd(X.astype(float) - X.mean(axis=0, dtype=float), full_matrices=False)
    k = len(spikes)
    tolerance = 100 * np.finfo(dtype).eps
    np.testing.assert_allclose(found.singular_values, s[:k], rtol=tolerance)
    cosines = np.abs((found.axes * Vt[:k]).sum(axis=1))
    # To the second order in the turn, and the rounding of the sum.
    np.testing.assert_allclose(cosines, 1, atol=tolerance)
    assert found.axes.dtype == found.singular_values.dtype == dtype
    assert found.axes.flags.c_contiguous
    assert found.pvalues.shape == found.model.signal_variance.shape == (k,)


@pytest.mark.parametrize(
    ("noise", "shape", "spikes", "model"),
    [
        (white, (300, 100), (4, 3, 2), "white"),
        (white, (200, 400), (10, 6, 4), "white"),
        (white, (300, 100), (), "white"),
        (gamma_columns, (300, 100), (8, 6, 5), "general"),
        (exponential_rows, (300, 150), (12, 9, 7), "general"),
    ],
    ids=["tall", "wide", "nothing", "columns", "rows"],
)
def test_model_of_the_noise(noise, shape, spikes, model):
    names = [fitted(planted(s, *shape, spikes, noise).data).noise_model for s in range(10)]
    # White noise is taken for unequal beyond four standard errors.
    assert names.count(model) >= 9


@pytest.mark.parametrize("noise", ["white", "general"])
@pytest.mark.parametrize("rule", [*RULES, 2])
def test_model_asked_for(rule, noise):
    for draw in (white, gamma_columns):
        X = planted(0, 200, 80, (20, 12), draw).data
        assert fitted(X, n_components=rule, noise=noise).noise_model == noise


def test_kritchman_and_nadler_say_white():
    X = planted(0, 200, 80, (20, 12), gamma_columns).data
    assert fitted(X, n_components="kn").noise_model == "white"


@pytest.mark.parametrize(
    ("noise", "rule"),
    [(white, "law"), (gamma_columns, "law"), (student3, "signflip"), (sparse, "signflip")],
)
def test_rule_that_auto_takes(noise, rule):
    rules = [fitted(planted(seed, 200, 80, (), noise).data).rule for seed in range(10)]
    assert rules.count(rule) >= 9


def test_auto_finds_no_more_than_flips_under_heavy_tails():
    for seed in range(10):
        X = planted(seed, 200, 80, (6, 4), student3).data
        auto, flips = fitted(X), fitted(X, n_components="signflip")
        if auto.rule == "signflip":
            assert len(auto.pvalues) <= len(flips.pvalues)


@pytest.mark.parametrize("kind", [csr_array, csc_array])
def test_sparse_data_as_dense_ones(kind):
    # Squares of large means would cost digits that a dense X keeps.
    X = planted(0, 250, 90, (12, 8)).data - 5
    X[np.abs(X) < 0.5] = 0
    dense, found = fitted(X), fitted(kind(X))
    assert found.rule == dense.rule == "law"
    assert found.noise_model == dense.noise_model
    np.testing.assert_allclose(found.singular_values, dense.singular_values, rtol=1e-10)
    np.testing.assert_allclose(found.axes, dense.axes, atol=1e-8)
    np.testing.assert_allclose(found.model.noise_variance, dense.model.noise_variance, rtol=1e-10)


@pytest.mark.parametrize("density", [0.02, 0.1, 0.5])
def test_few_components_are_found_in_sparse_noise(density):
    """Entries that are seldom other than 0 have heavy tails, and a sparse X too."""
    ranks = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        X = rng.standard_normal((300, 100)) * (rng.random((300, 100)) < density)
        ranks.append(len(fitted(csr_array(X)).pvalues))
    assert np.count_nonzero(ranks) <= 3


@pytest.mark.parametrize("rule", [*RULES, 2])
@pytest.mark.parametrize("solver", ["auto", "full", "arpack"])
def test_low_rank_without_noise(rule, solver):
    rng = np.random.default_rng(0)
    for shape in ((90, 50), (50, 90)):
        X = rng.standard_normal((shape[0], 2)) @ rng.standard_normal((2, shape[1]))
        found = fitted(X, n_components=rule, svd_solver=solver)
        n = shape[0]
        assert len(found.singular_values) == 2
        assert (found.pvalues < 1e-10).all()
        variances = found.singular_values**2 / (n - 1)
        # Nothing to correct, up to rounding: the noise is none.
        assert found.model.noise_variance < 1e-12 * variances[0]
        np.testing.assert_allclose(found.model.population_variance, variances, rtol=1e-9)
        np.testing.assert_allclose(found.model.new_sample_weights, 1, rtol=1e-9)
        np.testing.assert_allclose(found.model.training_weights, 1, rtol=1e-9)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("size", "dtype"),
    [
        *((size, np.float64) for size in (1e-4, 1e-7, 1e-8, 1e-10, 1e-13, 1e-15)),
        *((size, np.float32) for size in (1e-2, 1e-3, 1e-4, 1e-5, 1e-7)),
    ],
)
def test_noise_that_is_nearly_none(size, dtype, rule):
    """Whether it is seen or taken for rounding, it is no component."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 3)) @ rng.standard_normal((3, 40))
    X += size * rng.standard_normal(X.shape)
    found = fitted(X.astype(dtype), n_components=rule)
    assert len(found.pvalues) == 3
    assert found.model.noise_variance <= (1.2 * size) ** 2 + 10 * np.finfo(dtype).eps


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("offset", [1.0, 100.0, 1e4, 1e6])
def test_rounding_of_large_means_is_no_component(offset, rule):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 3)) @ rng.standard_normal((3, 40)) + offset
    assert len(fitted(X, n_components=rule).pvalues) == 3


@pytest.mark.parametrize("rule", RULES)
def test_no_variance_at_all(rule):
    found = fitted(np.full((8, 5), 3.0), n_components=rule)
    assert found.axes.shape == (0, 5)
    assert found.noise_model == "none"
    assert found.model.noise_variance == 0


@pytest.mark.parametrize("shape", [(12, 7), (7, 12), (20, 20), (4, 30)])
@pytest.mark.parametrize("noise", ["auto", "white", "general"])
def test_as_many_components_as_there_are_directions(shape, noise):
    X = white(np.random.default_rng(0), *shape)
    found = fitted(X, n_components=min(shape), noise=noise)
    k = min(shape)
    np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(k), atol=1e-10)
    for values in (
        found.pvalues,
        found.model.population_variance,
        found.model.new_sample_weights,
        found.model.training_weights,
        found.model.new_score_variance,
    ):
        assert values.shape == (k,)
        assert np.isfinite(values).all()
        assert (values >= 0).all()


def test_rank_zero_asked_for():
    found = fitted(planted(0, 60, 30, (30,)).data, n_components=0)
    assert found.axes.shape == (0, 30)
    # What is left out is no noise for that.
    assert found.model.noise_variance == pytest.approx(1, rel=0.15)


def test_largest_number_of_components():
    X = planted(0, 300, 100, (9, 7, 5)).data
    found, whole = fitted(X, max_components=2), fitted(X)
    assert len(found.pvalues) == 2
    np.testing.assert_allclose(found.axes, whole.axes[:2], atol=1e-9)
    # The third is signal still.
    assert found.model.noise_variance == pytest.approx(whole.model.noise_variance, rel=1e-6)
    np.testing.assert_allclose(found.model.signal_variance, whole.model.signal_variance[:2])


def test_same_seed_same_components():
    X = planted(0, 900, 700, (20, 12)).data
    first, second = (fitted(X, rng=check_random_state(1)) for _ in range(2))
    np.testing.assert_array_equal(first.axes, second.axes)
    np.testing.assert_array_equal(first.pvalues, second.pvalues)


@pytest.mark.parametrize("solver", ["full", "covariance_eigh", "arpack"])
def test_solvers_agree(solver):
    X = planted(0, 400, 250, (9, 6)).data
    one, other = fitted(X), fitted(X, svd_solver=solver)
    np.testing.assert_allclose(other.singular_values, one.singular_values, rtol=1e-9)
    np.testing.assert_allclose(other.axes, one.axes, atol=1e-7)
    assert other.model.noise_variance == pytest.approx(one.model.noise_variance, rel=1e-4)


def test_errors():
    X = planted(0, 20, 8).data
    with pytest.raises(ValueError, match=r"n_components=9 must not be above .*=8"):
        fitted(X, n_components=9)
    with pytest.raises(ValueError, match="svd_solver='full'"):
        fitted(csr_array(X), svd_solver="full")
