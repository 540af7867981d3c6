# SPDX-License-Identifier: BSD-3-Clause
"""Norms of matrices whose entries changed their signs by chance."""

import numpy as np
import pytest
from noisy_matrices import exponential_rows, gamma_columns, student4, white

from skrmt.decomposition import _sign_flips
from skrmt.decomposition._sign_flips import flipped_norms
from skrmt.theory import largest_eigenvalue_law


def rng(seed=0):
    return np.random.RandomState(seed)


def test_all_flips_of_a_small_matrix():
    R = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 4.0]])
    signs = 1 - 2 * ((np.arange(64)[:, None] >> np.arange(6)) & 1)
    possible = np.linalg.norm(R * signs.reshape(-1, 3, 2), ord=2, axis=(1, 2))
    found = flipped_norms(R, 400, rng())
    gaps = np.abs(found[:, None] - possible).min(axis=1)
    # Single precision.
    assert gaps.max() < 1e-6 * possible.max()
    # Each of 64 with the same probability, so the same mean.
    assert found.mean() == pytest.approx(possible.mean(), abs=4 * possible.std() / np.sqrt(400))
    # A norm belongs to at least four of the 64 patterns: all of them come up.
    for norm in np.unique(possible.round(5)):
        assert np.abs(found - norm).min() < 1e-4


def test_two_by_two_ones_are_of_rank_one_every_other_time():
    found = flipped_norms(np.ones((2, 2)), 1000, rng())
    large = np.isclose(found, 2, rtol=1e-6)
    assert np.allclose(found[~large], np.sqrt(2), rtol=1e-6)
    assert large.mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(1000))


@pytest.mark.parametrize("shape", [(1, 50), (50, 1)])
def test_a_vector_keeps_its_norm(shape):
    R = rng().standard_normal(shape)
    np.testing.assert_allclose(flipped_norms(R, 5, rng()), np.linalg.norm(R), rtol=1e-6)


def test_one_entry_in_each_row_and_column():
    R = np.diag([3.0, -7.0, 2.0, 1.0])
    np.testing.assert_allclose(flipped_norms(R, 5, rng()), 7, rtol=1e-6)


@pytest.mark.parametrize("shape", [(260, 230), (210, 300)])
def test_lanczos_method_as_the_gram_matrix(shape, monkeypatch):
    R = white(np.random.default_rng(1), *shape)
    few = flipped_norms(R, 4, rng(3))
    monkeypatch.setattr(_sign_flips, "_SMALL", 1000)
    np.testing.assert_allclose(few, flipped_norms(R, 4, rng(3)), rtol=1e-4)


@pytest.mark.parametrize("noise", [white, gamma_columns, exponential_rows, student4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_symmetric_noise_keeps_its_law(noise, dtype):
    generator = np.random.default_rng(2)
    # Flips of one matrix share its moduli; so several matrices, one flip each.
    draws = [noise(generator, 60, 30).astype(dtype) for _ in range(150)]
    own = np.array([np.linalg.norm(R, 2) for R in draws])
    flips = np.array([flipped_norms(R, 1, rng(i))[0] for i, R in enumerate(draws)])
    # Flips of the same matrix: the scatter of the variances of rows and columns cancels.
    difference = flips - own
    assert abs(difference.mean()) < 4 * difference.std() / np.sqrt(len(draws))


def test_law_of_white_noise():
    n, p = 150, 100
    R = white(np.random.default_rng(4), n, p)
    squares = flipped_norms(R, 200, rng(5)) ** 2
    law = largest_eigenvalue_law(n, p, float((R**2).mean()))
    # Moduli of one draw: a fourth moment other than 3 moves the mean by that times edge / sqrt(np).
    moved = abs((R**4).mean() / (R**2).mean() ** 2 - 3) * law.loc / np.sqrt(n * p)
    tolerance = 4 * law.std() / np.sqrt(200) + moved + 0.2 * law.std()
    assert squares.mean() / n == pytest.approx(law.mean(), abs=tolerance)
    assert squares.std() / n == pytest.approx(law.std(), rel=0.3)


@pytest.mark.parametrize("scale", [1e30, 1e50, 1e200, 1e-30, 1e-50, 1e-200])
def test_units_do_not_matter(scale):
    R = rng().standard_normal((40, 30))
    found = flipped_norms(R * scale, 3, rng(1))
    np.testing.assert_allclose(found, flipped_norms(R, 3, rng(1)) * scale, rtol=1e-5)


def test_nothing_left():
    np.testing.assert_array_equal(flipped_norms(np.zeros((5, 4)), 3, rng()), 0)


@pytest.mark.parametrize("shape", [(40, 30), (260, 230)])
def test_same_seed_same_norms(shape):
    R = rng(7).standard_normal(shape)
    before = R.copy()
    R.flags.writeable = False
    first = flipped_norms(R, 3, rng(1))
    np.testing.assert_array_equal(first, flipped_norms(R, 3, rng(1)))
    assert not np.array_equal(first, flipped_norms(R, 3, rng(2)))
    np.testing.assert_array_equal(R, before)


def test_more_flips_go_on_from_fewer():
    R = rng(7).standard_normal((40, 30))
    np.testing.assert_array_equal(flipped_norms(R, 2, rng(1)), flipped_norms(R, 6, rng(1))[:2])
