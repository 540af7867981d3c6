# SPDX-License-Identifier: BSD-3-Clause
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrmt.theory import (
    MarchenkoPastur,
    shrink_singular_values,
    spike_backward,
    spike_forward,
    spike_squared_cosine,
    spikes_in_general_noise,
)

VALUES = st.lists(st.floats(0.1, 1.0), min_size=1, max_size=8).map(np.array)


def white_singular_values(n, p):
    """Singular values at the quantiles of their limiting law."""
    law, r = MarchenkoPastur(p / n), min(n, p)
    # With more features than samples, the law has an atom at 0 below these quantiles.
    levels = 1 - (np.arange(r) + 0.5) / p
    return np.sqrt(n * law.ppf(levels))


def simulate(noise, strengths, rng):
    """Singular values of signal and noise, and the squared cosines of their vectors."""
    n, p = noise.shape
    left = np.linalg.qr(rng.standard_normal((n, len(strengths))))[0]
    right = np.linalg.qr(rng.standard_normal((p, len(strengths))))[0]
    u, s, vt = np.linalg.svd((left * strengths) @ right.T + noise, full_matrices=False)
    k = len(strengths)
    return s, (u[:, :k] * left).sum(axis=0) ** 2, (vt[:k].T * right).sum(axis=0) ** 2


def by_white_noise(seen, n, p, k):
    """The same three by the formulas of white noise, at the variance of the residual."""
    gamma, variance = p / n, (seen[k:] ** 2).sum() / (n * (p - k))
    x = spike_backward(seen[:k] ** 2 / (n * variance), gamma) - 1
    return (
        np.sqrt(n * variance * x),
        spike_squared_cosine(1 + x / gamma, 1 / gamma),
        spike_squared_cosine(1 + x, gamma),
    )


def column_noise(rng, n, p):
    return rng.standard_normal((n, p)) * np.sqrt(rng.gamma(3, size=p) / 3)


def row_noise(rng, n, p):
    return rng.standard_normal((n, p)) * np.sqrt(rng.exponential(size=(n, 1)))


@pytest.mark.parametrize(("n", "p"), [(2000, 1000), (1000, 1000), (500, 2000)])
def test_white_noise_by_its_law(n, p):
    gamma = p / n
    spikes = 1 + math.sqrt(gamma) * np.array([2.0, 3.0, 5.0, 50.0])
    seen = np.sqrt(n * spike_forward(spikes, gamma))
    strengths, left, right = spikes_in_general_noise(seen, white_singular_values(n, p), n, p)
    # Quantiles in place of the law: an error of the order of one over their number.
    tolerance = 2 / min(n, p)
    assert strengths == pytest.approx(np.sqrt(n * (spikes - 1)), rel=tolerance)
    assert right == pytest.approx(spike_squared_cosine(spikes, gamma), abs=tolerance)
    # The other side: samples and features change places.
    other = spike_squared_cosine(1 + (spikes - 1) / gamma, 1 / gamma)
    assert left == pytest.approx(other, abs=tolerance)
    best = shrink_singular_values(seen, n, gamma)
    assert strengths * np.sqrt(left * right) == pytest.approx(best, rel=2 * tolerance)


@pytest.mark.parametrize(
    ("draw", "n", "p", "n_draws"),
    [(column_noise, 300, 100, 60), (column_noise, 100, 300, 60), (row_noise, 300, 100, 60)],
    ids=["columns, tall", "columns, wide", "rows"],
)
def test_unequal_variances_simulated(draw, n, p, n_draws):
    rng = np.random.default_rng(7)
    true = (math.sqrt(n) + math.sqrt(p)) * np.array([2.5, 1.5])
    errors, white_errors = [], []
    for _ in range(n_draws):
        seen, left, right = simulate(draw(rng, n, p), true, rng)
        truth = np.array([true, left, right])
        errors.append(np.array(spikes_in_general_noise(seen[:2], seen[2:], n, p)) - truth)
        white_errors.append(np.array(by_white_noise(seen, n, p, 2)) - truth)
    errors, white_errors = np.array(errors), np.array(white_errors)
    bias, standard_error = errors.mean(axis=0), errors.std(axis=0) / math.sqrt(n_draws)
    # The formulas are limits: they are off by the order of one over the dimension.
    scale = np.vstack([true, np.ones((2, 2))])
    assert (np.abs(bias) < 3 * standard_error + scale / min(n, p)).all()
    # What this is for: equal variances would make the weaker vectors too good.
    excess = (white_errors - errors)[:, 1:, 1]
    assert (excess.mean(axis=0) > 3 * excess.std(axis=0) / math.sqrt(n_draws)).all()
    assert (white_errors.mean(axis=0)[1:, 1] > 2 * np.abs(bias[1:, 1])).all()


def test_larger_matrices_come_closer_than_white_noise_does():
    rng = np.random.default_rng(8)
    n, p = 2000, 600
    true = (math.sqrt(n) + math.sqrt(p)) * np.array([2.0, 1.3])
    seen, left, right = simulate(column_noise(rng, n, p), true, rng)
    strengths, *cosines = spikes_in_general_noise(seen[:2], seen[2:], n, p)
    # One draw: fluctuations of the order of one over the root of the dimension.
    assert strengths == pytest.approx(true, rel=1 / math.sqrt(p))
    assert cosines[0] == pytest.approx(left, abs=1 / math.sqrt(p))
    assert cosines[1] == pytest.approx(right, abs=1 / math.sqrt(p))


@settings(max_examples=60, deadline=None)
@given(VALUES, st.lists(st.floats(1.0, 20.0), max_size=4), st.integers(0, 5), st.integers(0, 5))
def test_properties(noise, seen, n_lost, n_more):
    n = noise.size + n_lost
    p = n + n_more
    seen = np.array(seen)
    strengths, left, right = spikes_in_general_noise(seen, noise, n, p)
    above = seen > noise.max()
    assert (strengths[~above] == 0).all()
    assert ((left > 0) == above).all()
    assert ((right > 0) == above).all()
    assert (strengths <= seen * (1 + 1e-12)).all()
    assert (left <= 1).all()
    assert (right <= 1).all()
    # The side with more noise per vector is the worse one.
    assert (right <= left + 1e-12).all()
    order = np.argsort(seen)
    assert (np.diff(strengths[order]) >= -1e-12 * seen.max(initial=0)).all()
    # Samples and features change places without a changed digit, units with powers of two.
    transposed = spikes_in_general_noise(seen, noise, p, n)
    assert np.array_equal(transposed, [strengths, right, left])
    scaled = spikes_in_general_noise(2.0**-500 * seen, 2.0**-500 * noise, n, p)
    assert np.array_equal(scaled, [2.0**-500 * strengths, left, right])


def test_ends():
    edge = np.nextafter(1.0, 2.0)
    strengths, left, right = spikes_in_general_noise([1.0, edge, 1e300], [1.0, 0.0], 4, 5)
    assert strengths[0] == left[0] == right[0] == 0
    assert 0 < strengths[1] < 1e-6
    assert strengths[2] == pytest.approx(1e300, rel=1e-15)
    assert left[2] == pytest.approx(1, rel=1e-15)
    # No noise: what is seen is the signal.
    exact = spikes_in_general_noise([3.0, 2.0], np.zeros(3), 5, 7)
    assert np.array_equal(exact, [[3.0, 2.0], [1.0, 1.0], [1.0, 1.0]])
    assert [part.shape for part in spikes_in_general_noise([], [1.0], 3, 3)] == [(0,)] * 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([-1.0], [1.0], 3, 3), "singular_values must not be negative"),
        (([1.0], [math.nan], 3, 3), "noise_singular_values must be finite"),
        (([[1.0]], [1.0], 3, 3), "singular_values must have 1 axis"),
        (([2.0], [], 3, 3), "noise_singular_values must have between 1 and"),
        (([2.0], [1.0, 1.0], 3, 1), "noise_singular_values must have between 1 and"),
        (([2.0], [1.0], 0, 3), "n_samples must be an integer"),
        (([2.0], [1.0], 3, 2.5), "n_features must be an integer"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        spikes_in_general_noise(*arguments)
