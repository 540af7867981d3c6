# SPDX-License-Identifier: BSD-3-Clause
"""Signal, noise, angles and weights behind sample components: identities, limits, simulations."""

import numpy as np
import pytest
from noisy_matrices import exponential_rows, gamma_columns, planted, white

from skrmt.decomposition._signal_model import in_general_noise, in_white_noise, without_noise
from skrmt.theory import (
    denoising_loss,
    shrink_singular_values,
    spike_forward,
    spike_squared_cosine,
)


def exact_white(spikes, n, p, sigma2=1.0, rank=None, n_signal=None):
    """Model of singular values at their limits, in noise of a known variance."""
    lam = np.append(spike_forward(np.array(spikes, float), p / n), [0.5, 0.25])
    k = len(spikes)
    # The sum that makes sigma2 the variance of the noise.
    own = (lam[:k] - spikes).sum()
    total = n * sigma2 * (lam[:k].sum() + (p - k) - own)
    values = np.sqrt(n * sigma2 * lam)
    k = k if n_signal is None else n_signal
    return values, in_white_noise(
        values, k if rank is None else rank, k, total - float((values[:k] ** 2).sum()), n, p
    )


@pytest.mark.parametrize(
    ("n", "p", "shrinkage", "training", "new"),
    [(100_000, 50_000, 0.735, 0.607, 0.708), (50_000, 100_000, 0.360, 0.365, 0.583)],
)
def test_known_values_for_a_spike_of_four(n, p, shrinkage, training, new):
    values, model = exact_white([4.0], n, p)
    assert model.noise_variance == pytest.approx(1, abs=2 / p)
    assert model.population_variance[0] == pytest.approx(4, rel=1e-3)
    found = model.new_score_variance[0] / (values[0] ** 2 / n)
    assert found == pytest.approx(shrinkage, abs=1e-3)
    assert model.new_sample_weights[0] == pytest.approx(new, abs=1e-3)
    g, y2 = p / n, values[0] ** 2 / n
    assert model.training_weights[0] == pytest.approx(
        np.sqrt((y2 - g - 1) ** 2 - 4 * g) / y2, abs=1e-4
    )
    # The two weights are not the same, and far apart.
    assert model.new_sample_weights[0] - model.training_weights[0] > 0.09


@pytest.mark.parametrize("gamma", [0.2, 1.0, 3.0])
@pytest.mark.parametrize("sigma2", [1e-6, 1.0, 300.0])
def test_identities_in_white_noise(gamma, sigma2):
    n = 100_000
    p = int(gamma * n)
    l = np.array([30.0, 8.0, 4.0])  # noqa: E741
    values, model = exact_white(l, n, p, sigma2)
    tolerance = {"rel": 20 / min(n, p)}
    variances = values[:3] ** 2 / n
    assert model.noise_variance == pytest.approx(sigma2, **tolerance)
    assert model.population_variance == pytest.approx(l * sigma2, **tolerance)
    assert model.squared_cosines == pytest.approx(spike_squared_cosine(l, gamma), **tolerance)
    # A new score against the training one.
    ratio = ((l - 1) / (l + gamma - 1)) ** 2
    assert model.new_score_variance / variances == pytest.approx(ratio, **tolerance)
    # A wiener filter, which is also the squared cosine of the scores.
    along = (l - 1) * model.squared_cosines
    assert model.new_sample_weights == pytest.approx(along / (along + 1), **tolerance)
    assert model.new_sample_weights == pytest.approx(model.score_squared_cosines, rel=1e-12)
    best = shrink_singular_values(values[:3] / np.sqrt(n), sigma2, gamma)
    assert model.training_weights * values[:3] / np.sqrt(n) == pytest.approx(best, **tolerance)
    cosines = np.sqrt(model.squared_cosines * model.score_squared_cosines)
    by_parts = np.sqrt(n * model.signal_variance) * cosines / values[:3]
    assert model.training_weights == pytest.approx(by_parts, **tolerance)
    lost = model.training_error(n, p) - p * model.noise_variance / n
    assert lost == pytest.approx(sigma2 * denoising_loss(l, gamma).sum(), rel=1e-3)
    new = sigma2 * ((l - 1) * (1 - model.squared_cosines * model.new_sample_weights)).sum()
    assert model.new_sample_error(n, p) == pytest.approx(new + p * sigma2 / n, rel=1e-2)


def test_components_inside_the_noise_have_no_signal():
    _, model = exact_white([9.0, 5.0], 1000, 500, rank=4)
    assert (model.signal_variance[:2] > 1).all()
    for found in (
        model.signal_variance,
        model.squared_cosines,
        model.score_squared_cosines,
        model.training_weights,
        model.new_sample_weights,
    ):
        np.testing.assert_array_equal(found[2:], 0)
    np.testing.assert_array_equal(model.population_variance[2:], model.noise_variance)
    np.testing.assert_array_equal(model.new_score_variance[2:], model.noise_variance)


def test_a_rank_below_that_of_the_signal_keeps_the_noise():
    _, whole = exact_white([9.0, 5.0], 1000, 500)
    _, first = exact_white([9.0, 5.0], 1000, 500, rank=1)
    assert first.noise_variance == whole.noise_variance
    np.testing.assert_array_equal(first.signal_variance, whole.signal_variance[:1])
    np.testing.assert_array_equal(first.training_weights, whole.training_weights[:1])


def test_no_component():
    model = in_white_noise(np.array([3.0, 2.0]), 0, 0, 1000.0, 100, 50)
    assert model.noise_variance == pytest.approx(1000 / 100 / 50)
    assert model.population_variance.shape == (0,)
    # The mean's noise alone.
    assert model.training_error(101, 50) == pytest.approx(50 * 0.2 / 101)
    assert model.new_sample_error(101, 50) == pytest.approx(50 * 0.2 / 101)


def test_without_noise():
    model = without_noise(np.array([4.0, 1.0]))
    assert model.noise_variance == 0
    for ones in (model.new_sample_weights, model.training_weights, model.squared_cosines):
        np.testing.assert_array_equal(ones, 1)
    np.testing.assert_array_equal(model.population_variance, [4, 1])
    np.testing.assert_array_equal(model.new_score_variance, [4, 1])
    assert model.training_error(10, 5) == 0
    # A new sample's own is all there.
    assert model.new_sample_error(10, 5) == 0


def described(drawn, general):
    """The model, and the decomposition that it is of."""
    X = drawn.data - drawn.data.mean(axis=0)
    (n, p), k = X.shape, len(drawn.spikes)
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    if general:
        model = in_general_noise(s, k, k, Vt[:k], (X**2).sum(axis=0), np.inf, n - 1, p)
    else:
        model = in_white_noise(s, k, k, (X**2).sum() - (s[:k] ** 2).sum(), n - 1, p)
    return model, U[:, :k], s[:k], Vt[:k]


@pytest.mark.parametrize(
    ("n", "p", "spikes"), [(300, 100, (8, 4, 2)), (100, 300, (20, 10)), (60, 60, (6, 4))]
)
def test_noise_variance_is_unbiased_where_the_mean_of_the_rest_is_not(n, p, spikes):
    found, naive = [], []
    for seed in range(100):
        drawn = planted(seed, n, p, spikes)
        model, _, s, _ = described(drawn, general=False)
        X = drawn.data - drawn.data.mean(axis=0)
        found.append(model.noise_variance)
        naive.append(((X**2).sum() - (s**2).sum()) / (n - 1) / (p - len(spikes)))
    error = np.std(found) / np.sqrt(len(found))
    # Spikes' own fluctuations enter at the second order, k / (n p).
    assert np.mean(found) == pytest.approx(1, abs=4 * error + 3 * len(spikes) / (n * p))
    assert np.mean(naive) < 1 - 5 * error


@pytest.mark.parametrize(("n", "p"), [(600, 300), (300, 600)])
def test_general_formulas_in_white_noise(n, p):
    differences = []
    for seed in range(10):
        drawn = planted(seed, n, p, (30, 10))
        general, closed = (described(drawn, general)[0] for general in (True, False))
        assert general.noise_variance == pytest.approx(closed.noise_variance, rel=1e-2)
        differences.append(
            [
                general.population_variance / closed.population_variance - 1,
                general.squared_cosines - closed.squared_cosines,
                general.score_squared_cosines - closed.score_squared_cosines,
                general.training_weights - closed.training_weights,
                general.new_sample_weights - closed.new_sample_weights,
                general.new_score_variance / closed.new_score_variance - 1,
            ]
        )
    # The spectrum that is left scatters about its law by shares of 1 / min(n, p).
    assert np.abs(np.mean(differences, axis=0)).max() < 5 / min(n, p)
    assert np.abs(differences).max() < 15 / min(n, p)


NOISES = {
    "white": (white, (300, 150), (8, 4), False),
    "white, wide": (white, (100, 400), (20, 10), False),
    "white by general formulas": (white, (300, 150), (8, 4), True),
    "columns": (gamma_columns, (300, 150), (12, 7), True),
    "columns, wide": (gamma_columns, (150, 300), (20, 12), True),
    "rows": (exponential_rows, (300, 150), (14, 9), True),
}


@pytest.mark.parametrize("name", NOISES)
def test_against_what_is_known_of_simulated_data(name):
    """Said and true: angles, variance of new scores, best weights, errors."""
    noise, (n, p), spikes, general = NOISES[name]
    spikes = np.array(spikes, dtype=float)
    said, true = [], []
    for seed in range(40):
        rng = np.random.default_rng([1, seed])
        drawn = planted(seed, n, p, spikes, noise)
        if noise is gamma_columns:
            # The same variances for new noise.
            scale = np.sqrt(np.random.default_rng([2, seed]).gamma(3, 1 / 3, p))
            drawn = planted(seed, n, p, spikes, lambda r, n, p, b=scale: white(r, n, p) * b)
            variances = scale**2
        else:
            variances = np.ones(p)
        model, U, s, Vt = described(drawn, general)
        signal = drawn.signal - drawn.signal.mean(axis=0)
        scores = drawn.scores - drawn.scores.mean(axis=0)
        scores /= np.linalg.norm(scores, axis=0)
        cross = Vt @ drawn.axes.T
        new_variance = cross**2 @ spikes + Vt**2 @ variances
        training = np.einsum("ik,ij,kj->k", U, signal, Vt) / s
        new = cross**2 @ spikes / new_variance
        denoised = (U * s * model.training_weights) @ Vt
        mean_error = ((drawn.data.mean(axis=0) - drawn.signal.mean(axis=0)) ** 2).sum()
        training_error = ((denoised - signal) ** 2).sum() / n + mean_error
        fresh = rng.standard_normal((400, len(spikes))) * np.sqrt(spikes) @ drawn.axes
        entries = rng.standard_normal((400, p)) * np.sqrt(variances)
        if noise is exponential_rows:
            entries *= np.sqrt(rng.exponential(size=(400, 1)))
        deviation = drawn.data.mean(axis=0) - 5
        weighed = ((fresh + entries - deviation) @ Vt.T * model.new_sample_weights) @ Vt
        new_error = ((weighed + deviation - fresh) ** 2).sum(axis=1).mean()
        said.append(
            [
                *model.squared_cosines,
                *model.score_squared_cosines,
                *model.new_score_variance / model.population_variance,
                *model.training_weights,
                *model.new_sample_weights,
                model.noise_variance / variances.mean(),
                model.training_error(n, p) / spikes.sum(),
                model.new_sample_error(n, p) / spikes.sum(),
            ]
        )
        true.append(
            [
                *np.diag(cross) ** 2,
                *((U * scores).sum(axis=0) ** 2),
                *new_variance / model.population_variance,
                *training,
                *new,
                1.0,
                training_error / spikes.sum(),
                new_error / spikes.sum(),
            ]
        )
    difference = np.array(said) - true
    error = difference.std(axis=0) / np.sqrt(len(difference))
    # Limits of large matrices: the next terms are of the order of one over the smaller side.
    assert (np.abs(difference.mean(axis=0)) < 4 * error + 2 / min(n, p)).all()


def test_general_noise_with_components_of_no_strength():
    """More components than stand out, down to those that the mean has taken."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((10, 40)) * np.linspace(0.5, 2, 40)
    X -= X.mean(axis=0)
    _, s, Vt = np.linalg.svd(X, full_matrices=False)
    s[-1] = 0.0
    model = in_general_noise(s, 10, 1, Vt, (X**2).sum(axis=0), np.inf, 9, X.shape[1])
    for found in (model.training_weights, model.new_sample_weights, model.population_variance):
        assert np.isfinite(found).all()
    np.testing.assert_array_equal(model.training_weights[1:], 0)
