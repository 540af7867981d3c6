# SPDX-License-Identifier: BSD-3-Clause
import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import eigh
from scipy.optimize import minimize_scalar

from skrmt.theory import (
    SHRINKAGE_LOSSES,
    shrink_eigenvalues,
    spike_forward,
    spike_squared_cosine,
    spiked_covariance_loss,
)

GAMMAS = st.floats(-3, 2).map(lambda e: 10**e)
DISTANCES = st.floats(-2, 3).map(lambda e: 10**e)


def _stein(A, Sigma):
    ratio = np.linalg.solve(Sigma, A)
    return np.trace(ratio) - len(A) - np.linalg.slogdet(ratio)[1]


LOSSES = {
    "frobenius": lambda A, Sigma: np.linalg.norm(A - Sigma),
    "operator": lambda A, Sigma: np.linalg.norm(A - Sigma, 2),
    "stein": _stein,
    "entropy": lambda A, Sigma: _stein(Sigma, A),
    "inverse": lambda A, Sigma: np.linalg.norm(np.linalg.inv(A) - np.linalg.inv(Sigma)),
}
RULES = {
    "frobenius": "frobenius",
    "operator": "operator",
    "stein": "stein",
    "entropy": "frobenius",
    "inverse": "stein",
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("gamma", [0.1, 0.5, 1.0, 4.0])
@pytest.mark.parametrize("distance", [0.1, 1.0, 10.0])
def test_rule_is_the_minimum_of_its_loss_in_the_plane(loss, gamma, distance):
    l = 1 + math.sqrt(gamma) * (1 + distance)  # noqa: E741
    c2 = spike_squared_cosine(l, gamma)
    v = np.array([math.sqrt(c2), math.sqrt(1 - c2)])

    def in_plane(eta):
        return LOSSES[loss](np.eye(2) + (eta - 1) * np.outer(v, v), np.diag([l, 1]))

    best = minimize_scalar(in_plane, bounds=(1, 2 * l), method="bounded", options={"xatol": 1e-9})
    eta = shrink_eigenvalues(spike_forward(l, gamma), gamma, RULES[loss])
    # A smooth minimum is known to the square root of the rounding of its value.
    assert eta == pytest.approx(best.x, rel=1e-5)
    assert in_plane(eta) <= best.fun * (1 + 1e-9)
    if loss in SHRINKAGE_LOSSES:
        assert spiked_covariance_loss(l, gamma, loss) == pytest.approx(in_plane(eta), rel=1e-10)


@given(GAMMAS, DISTANCES)
def test_formulas_as_they_are_printed(gamma, distance):
    l = 1 + math.sqrt(gamma) * (1 + distance)  # noqa: E741
    lam, c2 = spike_forward(l, gamma), spike_squared_cosine(l, gamma)
    s2 = 1 - c2
    found = {loss: shrink_eigenvalues(lam, gamma, loss) for loss in SHRINKAGE_LOSSES}
    assert found["frobenius"] == pytest.approx(l * c2 + s2, rel=1e-10)
    assert found["operator"] == pytest.approx(l, rel=1e-10)
    assert found["stein"] == pytest.approx(l / (c2 + l * s2), rel=1e-10)
    assert 1 <= found["stein"] <= found["frobenius"] <= found["operator"] <= lam


@given(GAMMAS)
def test_up_to_the_edge_everything_is_noise(gamma):
    edge = (1 + math.sqrt(gamma)) ** 2
    for loss in SHRINKAGE_LOSSES:
        assert shrink_eigenvalues([[0.0, 1.0], [edge / 2, edge]], gamma, loss).tolist() == [
            [1, 1],
            [1, 1],
        ]
    # Just above, two rules start from the noise and that of the spectral norm jumps.
    above = edge * (1 + 1e-13)
    room = 1e-5 * edge
    assert shrink_eigenvalues(above, gamma, "frobenius") == pytest.approx(1, abs=room)
    assert shrink_eigenvalues(above, gamma, "stein") == pytest.approx(1, abs=room)
    assert shrink_eigenvalues(above, gamma, "operator") == pytest.approx(
        1 + math.sqrt(gamma), abs=room
    )


@pytest.mark.parametrize("loss", SHRINKAGE_LOSSES)
def test_with_many_samples_nothing_is_shrunk_nor_lost(loss):
    lam = np.array([1.5, 4.0, 100.0])
    np.testing.assert_allclose(shrink_eigenvalues(lam, 1e-14, loss), lam, rtol=1e-10)
    assert spiked_covariance_loss(lam, 1e-14, loss) < 1e-5


@pytest.mark.parametrize("loss", SHRINKAGE_LOSSES)
@given(gamma=GAMMAS)
def test_order_is_kept(loss, gamma):
    lam = (1 + math.sqrt(gamma)) ** 2 * np.concatenate([[0, 0.5], 1 + np.geomspace(1e-6, 1e12)])
    shrunk = shrink_eigenvalues(lam, gamma, loss)
    assert (np.diff(shrunk) >= 0).all()
    assert np.isfinite(shrunk).all()


def test_stein_is_bounded_by_the_samples_and_the_others_are_not():
    # What the inverse may be at most: 1 + 1 / gamma, for c^2 + l s^2 goes to 1 + l gamma / l.
    assert shrink_eigenvalues(1e15, 0.5, "stein") == pytest.approx(1e15 / 1.5, rel=1e-12)
    assert shrink_eigenvalues(1e15, 0.5, "frobenius") == pytest.approx(1e15, rel=1e-12)


def test_losses_of_several_spikes_add_up():
    l, gamma = np.array([20.0, 8.0, 4.0, 1.3]), 0.5  # noqa: E741
    single = {
        loss: [spiked_covariance_loss(x, gamma, loss) for x in l]
        for loss in LOSSES
        if loss in SHRINKAGE_LOSSES
    }
    total = {loss: spiked_covariance_loss(l, gamma, loss) for loss in single}
    assert total["frobenius"] == pytest.approx(np.linalg.norm(single["frobenius"]), rel=1e-14)
    assert total["operator"] == max(single["operator"])
    assert total["stein"] == pytest.approx(sum(single["stein"]), rel=1e-14)
    for loss in single:
        assert spiked_covariance_loss(l[::-1].reshape(2, 2), gamma, loss) == pytest.approx(
            total[loss], rel=1e-14
        )
        assert spiked_covariance_loss([], gamma, loss) == 0
        assert spiked_covariance_loss([1.0, 1.0], gamma, loss) == 0


@pytest.mark.parametrize("l", [0.5, 1.2, 1 + math.sqrt(0.5)])
def test_unseen_spikes_cost_what_they_are(l):  # noqa: E741
    noise, Sigma = np.eye(2), np.diag([l, 1.0])
    for loss in SHRINKAGE_LOSSES:
        expected = LOSSES[loss](noise, Sigma)
        assert spiked_covariance_loss(l, 0.5, loss) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("loss", SHRINKAGE_LOSSES)
def test_loss_is_continuous_at_the_transition(loss):
    at, above = 1.5, 1.5 * (1 + 1e-10)
    assert spiked_covariance_loss(above, 0.25, loss) == pytest.approx(
        spiked_covariance_loss(at, 0.25, loss), rel=1e-8
    )


@cache
def _simulated_losses(n=800, p=400, n_draws=12):
    """Losses of each rule in each draw, noise of known variance, and the spikes."""
    spikes = np.array([8.0, 4.0, 2.5])
    population = np.ones(p)
    population[: spikes.size] = spikes
    Sigma, rng = np.diag(population), np.random.default_rng(0)
    losses = np.empty((n_draws, len(SHRINKAGE_LOSSES), len(LOSSES)))
    for draw in losses:
        X = rng.standard_normal((n, p)) * np.sqrt(population)
        lam, V = eigh(X.T @ X / n, subset_by_index=(p - 3, p - 1))
        for i, rule in enumerate(SHRINKAGE_LOSSES):
            A = np.eye(p) + (V * (shrink_eigenvalues(lam, p / n, rule) - 1)) @ V.T
            draw[i] = [loss(A, Sigma) for loss in LOSSES.values()]
    return losses, spikes, n, p / n


def test_each_rule_is_best_for_its_losses_in_simulated_data():
    losses, *_ = _simulated_losses()
    for j, loss in enumerate(LOSSES):
        best = SHRINKAGE_LOSSES.index(RULES[loss])
        for i in {0, 1, 2} - {best}:
            excess = losses[:, i, j] - losses[:, best, j]
            assert excess.mean() > 2 * excess.std(ddof=1) / math.sqrt(len(excess))


def test_predicted_losses_are_those_of_simulated_data():
    losses, spikes, n, gamma = _simulated_losses()
    squared = losses[:, 0, 0] ** 2
    error = 4 * squared.std(ddof=1) / math.sqrt(len(squared))
    expected = spiked_covariance_loss(spikes, gamma) ** 2
    # The spikes move about their limits by 2 l^2 / n in the mean square.
    assert squared.mean() == pytest.approx(expected + (2 * spikes**2 / n).sum(), abs=error)
    stein = losses[:, 2, 2]
    error = 4 * stein.std(ddof=1) / math.sqrt(len(stein))
    # The same in relative terms, at most: the rule shrinks the movement.
    moved = spikes.size * 2 / n
    found = stein.mean() - spiked_covariance_loss(spikes, gamma, "stein")
    assert -error <= found <= moved + error


@pytest.mark.parametrize("function", [shrink_eigenvalues, spiked_covariance_loss])
@pytest.mark.parametrize(
    ("value", "gamma", "loss", "name"),
    [
        (-1.0, 0.5, "stein", "l"),
        ([4.0, np.nan], 0.5, "stein", "l"),
        (4.0, 0.0, "stein", "gamma"),
        (4.0, np.inf, "stein", "gamma"),
        (4.0, 0.5, "entropy", "loss"),
        (4.0, 0.5, None, "loss"),
        (4.0, 0.5, ["stein"], "loss"),
    ],
)
def test_bad_parameters_are_named(function, value, gamma, loss, name):
    with pytest.raises(ValueError, match=rf"^{name}\w* must"):
        function(value, gamma, loss)


def test_stein_needs_an_inverse():
    with pytest.raises(ValueError, match="l must be positive"):
        spiked_covariance_loss([4.0, 0.0], 0.5, "stein")
    assert spiked_covariance_loss([0.0], 0.5, "frobenius") == 1
