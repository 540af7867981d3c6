# SPDX-License-Identifier: BSD-3-Clause
import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import eigh

from skrmt.theory import (
    new_sample_weights,
    score_shrinkage,
    shrink_singular_values,
    spike_backward,
    spike_forward,
    spike_squared_cosine,
    training_weights,
)

FUNCTIONS = [
    spike_forward,
    spike_backward,
    spike_squared_cosine,
    score_shrinkage,
    new_sample_weights,
    training_weights,
]
GAMMAS = st.floats(-6, 4).map(lambda e: 10**e)
# Distance from the transition in units of the excess there.
DISTANCES = st.floats(-4, 12).map(lambda e: 10**e)
EPS = np.finfo(float).eps


@pytest.mark.parametrize(
    ("l", "gamma", "eigenvalue", "cosine"),
    [(4, 0.5, 14 / 3, 17 / 21), (10, 2, 12 + 2 / 9, 79 / 99), (2, 0.25, 2.5, 0.6)],
)
def test_known_spikes(l, gamma, eigenvalue, cosine):  # noqa: E741
    assert spike_forward(l, gamma) == pytest.approx(eigenvalue, rel=1e-15)
    assert spike_backward(eigenvalue, gamma) == pytest.approx(l, rel=1e-15)
    assert spike_squared_cosine(l, gamma) == pytest.approx(cosine, rel=1e-15)


@pytest.mark.parametrize(
    ("gamma", "squared_shrinkage", "training", "new"),
    [(0.5, 0.735, 0.607, 0.708), (2, 0.360, 0.350, 0.583)],
)
def test_known_weights_of_a_spike_of_four(gamma, squared_shrinkage, training, new):
    assert score_shrinkage(4, gamma) ** 2 == pytest.approx(squared_shrinkage, abs=5e-4)
    assert training_weights(4, gamma) == pytest.approx(training, abs=5e-4)
    assert new_sample_weights(4, gamma) == pytest.approx(new, abs=5e-4)


@given(GAMMAS, DISTANCES)
def test_formulas_as_they_are_printed(gamma, distance):
    x = math.sqrt(gamma) * (1 + distance)
    l = 1 + x  # noqa: E741
    x = l - 1  # with the rounding of l
    # The printed cosine cancels near the transition, by the distance from it.
    share = 1 - gamma / x**2
    near = dict(rel=8 * EPS * (1 + 1 / share), abs=0)
    assert spike_forward(l, gamma) == pytest.approx(l * (1 + gamma / x), rel=8 * EPS)
    c2 = share / (1 + gamma / x)
    assert spike_squared_cosine(l, gamma) == pytest.approx(c2, **near)
    assert score_shrinkage(l, gamma) == pytest.approx(x / (l + gamma - 1), rel=8 * EPS)
    assert new_sample_weights(l, gamma) == pytest.approx(x * c2 / (1 + x * c2), **near)


@given(GAMMAS, DISTANCES)
def test_round_trip(gamma, distance):
    l = 1 + math.sqrt(gamma) * (1 + distance)  # noqa: E741
    lam = spike_forward(l, gamma)
    # Near the transition the eigenvalue is flat in l: its rounding comes back over the slope.
    slope = 1 - gamma / (l - 1) ** 2
    assert spike_backward(lam, gamma) == pytest.approx(l, abs=8 * EPS * (l + lam / slope))
    if distance > 1e-3:
        assert spike_backward(lam, gamma) == pytest.approx(l, rel=1e-10)


@given(GAMMAS, DISTANCES)
def test_transposed_data_have_the_cosines_of_the_other_side(gamma, distance):
    x = math.sqrt(gamma) * (1 + distance)
    seen, turned = 1 + x, 1 + x / gamma
    # Rounding of 1 + x, once in each of the two, over the distance from the transition.
    error = 8 * EPS * (1 + 1 / x + gamma / x) * (1 + 1 / distance)
    assert gamma * spike_forward(turned, 1 / gamma) == pytest.approx(
        spike_forward(seen, gamma), rel=error
    )
    assert spike_squared_cosine(turned, 1 / gamma) == pytest.approx(
        new_sample_weights(seen, gamma), rel=error
    )
    assert training_weights(turned, 1 / gamma) == pytest.approx(
        training_weights(seen, gamma), rel=error
    )


@given(GAMMAS, DISTANCES)
def test_training_weight_is_the_shrunk_singular_value(gamma, distance):
    l = 1 + math.sqrt(gamma) * (1 + distance)  # noqa: E741
    weight = training_weights(l, gamma)
    lam = spike_forward(l, gamma)
    # Rounding of l and of s, over the distance of the eigenvalue from the edge.
    x, root = l - 1, math.sqrt(gamma)
    error = 8 * EPS * (1 + l / (x - root)) * (1 + lam * x / (x - root) ** 2)
    s = math.sqrt(lam)
    assert shrink_singular_values(s, 1.0, gamma) / s == pytest.approx(weight, rel=error)
    product = new_sample_weights(l, gamma) * score_shrinkage(l, gamma)
    assert weight == pytest.approx(product, rel=1e-14)


@given(GAMMAS)
def test_up_to_the_transition_nothing_is_seen(gamma):
    root = math.sqrt(gamma)
    # The last value that is not above, whatever the rounding of the sum.
    l = np.array([[0.0, 0.5], [1.0, 1 + root * (1 - 1e-9)]])  # noqa: E741
    assert np.isnan(spike_forward(l, gamma)).all()
    for function in (spike_squared_cosine, new_sample_weights, training_weights):
        np.testing.assert_array_equal(function(l, gamma), np.zeros((2, 2)))
    np.testing.assert_allclose(score_shrinkage(l, gamma), 1 / (1 + root), rtol=4 * EPS)
    edge = (1 + root) ** 2
    assert np.isnan(spike_backward([0.0, 1.0, edge * (1 - 1e-15), edge], gamma)).all()


def test_just_above_the_transition_everything_is_continuous():
    l, gamma = 1.5 + 1e-9, 0.25  # noqa: E741
    assert 2.25 <= spike_forward(l, gamma) < 2.25 + 1e-15
    assert spike_backward(2.25 + 1e-12, gamma) == pytest.approx(1.5, abs=2e-6)
    # The first order: 2 (x - root) / (root (1 + root)) times root, over root + gamma.
    assert spike_squared_cosine(l, gamma) == pytest.approx(2e-9 / 0.75, rel=1e-6)
    assert new_sample_weights(l, gamma) == pytest.approx(2e-9 / 1.5, rel=1e-6)
    assert training_weights(l, gamma) == pytest.approx(1e-9 / 1.5 / 0.75, rel=1e-6)
    assert score_shrinkage(l, gamma) == pytest.approx(1 / 1.5, rel=1e-8)


def test_with_many_samples_nothing_is_distorted():
    l, gamma = np.array([1.5, 4.0, 100.0]), 1e-14  # noqa: E741
    np.testing.assert_allclose(spike_forward(l, gamma), l, rtol=1e-12)
    np.testing.assert_allclose(spike_backward(l, gamma), l, rtol=1e-12)
    np.testing.assert_allclose(spike_squared_cosine(l, gamma), 1, rtol=1e-12)
    np.testing.assert_allclose(score_shrinkage(l, gamma), 1, rtol=1e-12)
    # Wiener's filter.
    np.testing.assert_allclose(new_sample_weights(l, gamma), 1 - 1 / l, rtol=1e-12)
    np.testing.assert_allclose(training_weights(l, gamma), 1 - 1 / l, rtol=1e-12)


@given(GAMMAS)
def test_all_increase_with_the_spike(gamma):
    l = 1 + math.sqrt(gamma) * (1 + np.geomspace(1e-3, 1e9, 60))  # noqa: E741
    assert (np.diff(spike_forward(l, gamma)) > 0).all()
    for function in FUNCTIONS[2:]:
        values = function(l, gamma)
        assert (np.diff(values) >= 0).all()
        assert ((values >= 0) & (values <= 1)).all()
        assert function(1e200, gamma) == pytest.approx(1, abs=1e-9)
    assert spike_backward(1e200, gamma) == 1e200 == spike_forward(1e200, gamma)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_shapes_are_kept(function):
    assert isinstance(function(9, 0.5), float)
    assert function([9, 12], 0.5).shape == (2,)
    assert function(np.full((2, 1, 3), 9, dtype=np.float32), 0.5).dtype == float
    assert function(np.full((2, 1, 3), 9), 0.5).shape == (2, 1, 3)
    assert function([], 0.5).shape == (0,)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    ("value", "gamma", "name"),
    [
        (-1.0, 0.5, "l"),
        ([4.0, np.nan], 0.5, "l"),
        (np.inf, 0.5, "l"),
        ("a", 0.5, "l"),
        (4.0, 0.0, "gamma"),
        (4.0, -1.0, "gamma"),
        (4.0, np.nan, "gamma"),
        (4.0, np.inf, "gamma"),
    ],
)
def test_bad_parameters_are_named(function, value, gamma, name):
    with pytest.raises(ValueError, match=rf"^{name}\w* must"):
        function(value, gamma)


@cache
def _simulated(n, p, l, n_draws=12):  # noqa: E741
    """Sample eigenvalue, cosine, weights and shrinkage of single draws of one spike."""
    rng = np.random.default_rng([n, p, l])
    draws = []
    for _ in range(n_draws):
        signal, new_signal = math.sqrt(l - 1) * rng.standard_normal((2, n))
        X, new = rng.standard_normal((2, n, p))
        X[:, 0] += signal
        new[:, 0] += new_signal
        if p <= n:
            v = eigh(X.T @ X, subset_by_index=(p - 1, p - 1))[1][:, 0]
        else:
            v = X.T @ eigh(X @ X.T, subset_by_index=(n - 1, n - 1))[1][:, 0]
            v /= np.linalg.norm(v)
        scores, new_scores = X @ v, new @ v
        power, new_power = scores @ scores, new_scores @ new_scores
        draws.append(
            [
                power / n,
                v[0] ** 2,
                new_power / power,
                v[0] * (signal @ scores) / power,
                v[0] * (new_signal @ new_scores) / new_power,
            ]
        )
    return np.array(draws)


@pytest.mark.parametrize(("n", "p", "l"), [(1000, 500, 4), (500, 1000, 10), (500, 1000, 4)])
def test_simulated_spikes(n, p, l):  # noqa: E741
    draws, gamma = _simulated(n, p, l), p / n
    expected = [
        spike_forward(l, gamma),
        spike_squared_cosine(l, gamma),
        score_shrinkage(l, gamma) ** 2,
        training_weights(l, gamma),
        new_sample_weights(l, gamma),
    ]
    error = draws.std(axis=0, ddof=1) / math.sqrt(len(draws))
    # The limits hold up to terms of order 1 / n.
    assert (np.abs(draws.mean(axis=0) - expected) <= 4 * error + 5 * np.array(expected) / n).all()
    # Tight enough to tell the weights of new samples from those of the training samples.
    assert draws[:, 3].max() < draws[:, 4].min()
