# SPDX-License-Identifier: BSD-3-Clause
"""Laws of the block projections: what a row is made of, isotropy, fourth moments."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrmt.sketching import draw_dense, draw_gaussian, draw_sparse


def weights_of(projection):
    return projection.project(np.eye(projection.n_features)).T


@settings(max_examples=40, deadline=None)
@given(data=st.data(), p=st.integers(1, 40), n_components=st.integers(1, 90))
def test_sparse_rows_have_exactly_k_signs(data, p, n_components):
    k = data.draw(st.integers(1, p))
    projection = draw_sparse(p, n_components, n_nonzero=k, random_state=0)
    weights = weights_of(projection)
    assert weights.shape == (n_components, p)
    assert set(np.unique(weights)) <= {-1.0, 0.0, 1.0}
    np.testing.assert_array_equal(np.count_nonzero(weights, axis=1), k)
    assert projection.unit_scale**2 * k == pytest.approx(p)


@settings(max_examples=40, deadline=None)
@given(p=st.integers(2, 40), data=st.data(), n_blocks=st.integers(1, 60))
def test_positions_are_distinct_and_every_coordinate_is_read_equally_often(p, data, n_blocks):
    k = data.draw(st.integers(1, p))
    projection = draw_sparse(p, n_blocks << (k - 1).bit_length(), n_nonzero=k, random_state=1)
    occupied = [block[block < p] for block in projection.positions]
    assert all(len(set(block)) == len(block) == k for block in occupied)
    # One permutation after another: nothing is read a second time before all have been read.
    counts = np.zeros(p, int)
    for block in occupied:
        counts[block] += 1
        assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("k", [17, 33, 65])
def test_rows_of_a_padded_block_are_no_near_duplicates(k):
    weights = weights_of(draw_sparse(200, 40 << (k - 1).bit_length(), n_nonzero=k, random_state=0))
    q = 1 << (k - 1).bit_length()
    for block in weights.reshape(40, q, 200):
        gram = block @ block.T / k - np.eye(q)
        # the frame identity: the mean square is (q / k - 1) / (q - 1) whatever the slots
        np.testing.assert_allclose(np.sum(gram**2) / q, q / k - 1, rtol=1e-9)
        # k random columns of H_q: correlations of deviation below 1 / sqrt(k), q^2 / 2 of them
        assert np.abs(gram).max() < np.sqrt(2 * np.log(40 * q * q) / k)


@pytest.mark.parametrize("k", [4, 16, 32])
def test_rows_of_a_whole_block_are_orthogonal(k):
    weights = weights_of(draw_sparse(50, 4 * k, n_nonzero=k, random_state=0))
    for block in weights.reshape(4, k, 50):
        np.testing.assert_array_equal(block @ block.T, k * np.eye(k))


def test_dense_rows_of_a_whole_block_are_orthogonal_and_have_unit_variance():
    projection = draw_dense(64, 192, random_state=0)
    weights = projection.unit_scale * weights_of(projection)
    for block in weights.reshape(3, 64, 64):
        np.testing.assert_allclose(block @ block.T, 64 * np.eye(64), atol=1e-10)


@pytest.mark.parametrize(
    ("draw", "p"),
    [
        (lambda seed: draw_sparse(24, 16, n_nonzero=8, random_state=seed), 24),
        (lambda seed: draw_sparse(24, 16, n_nonzero=5, random_state=seed), 24),
        (lambda seed: draw_dense(24, 16, random_state=seed), 24),
        (lambda seed: draw_gaussian(24, 16, random_state=seed), 24),
    ],
    ids=["sparse", "sparse padded", "hadamard", "gaussian"],
)
def test_weights_are_isotropic_with_the_stated_fourth_moments(draw, p):
    n_draws = 2000
    first = np.zeros(p)
    second = np.zeros((p, p))
    fourth, comoment = np.empty((2, n_draws))
    projections = [draw(seed) for seed in range(n_draws)]
    for i, projection in enumerate(projections):
        weights = projection.unit_scale * weights_of(projection)
        # one row per draw: rows of a block depend on each other. Any row has the law; take each.
        row = weights[i % len(weights)]
        first += row
        second += np.outer(row, row)
        fourth[i] = np.mean(row**4)
        comoment[i] = (np.sum(row**2) ** 2 - np.sum(row**4)) / (p * (p - 1))
    kurtosis = projections[0].weight_kurtosis
    error = np.sqrt(kurtosis / n_draws)  # of a mean of products of two weights, at most
    assert np.abs(first / n_draws).max() < 5 * np.sqrt(1 / n_draws)
    assert np.abs(second / n_draws - np.eye(p)).max() < 5 * error
    assert comoment.mean() == pytest.approx(
        projections[0].weight_comoment, abs=5 * comoment.std() / n_draws**0.5 + 1e-9
    )
    assert fourth.mean() == pytest.approx(kurtosis, abs=5 * fourth.std() / n_draws**0.5 + 1e-9)


@pytest.mark.parametrize("p", [1, 5, 64])
def test_fourth_moments_of_two_rounds_follow_from_the_fixed_norm_of_a_row(p):
    # A row on q slots has squared norm q exactly: q kurtosis + q (q - 1) comoment = q^2.
    projection = draw_dense(p, 128, random_state=0)
    q = projection.block_size
    total = projection.weight_kurtosis + (q - 1) * projection.weight_comoment
    assert total == pytest.approx(q, rel=1e-12)
    # E g^4 of a mean of q independent signs, q = 64, from the binomial law
    k = np.arange(q + 1)
    weights = np.exp([math.lgamma(q + 1) - math.lgamma(i + 1) - math.lgamma(q - i + 1) for i in k])
    fourth = np.sum(weights * (2 * k - q) ** 4.0) / np.sum(weights) / q**2
    assert projection.weight_kurtosis == pytest.approx(fourth, rel=1e-9)


def test_same_seed_same_operator():
    one, two, other = (draw_sparse(30, 64, n_nonzero=8, random_state=s) for s in (3, 3, 4))
    np.testing.assert_array_equal(weights_of(one), weights_of(two))
    assert (weights_of(one) != weights_of(other)).any()


@pytest.mark.parametrize("k", [0, 31])
def test_n_nonzero_out_of_range(k):
    with pytest.raises(ValueError, match=f"n_nonzero={k} must be between 1 and .* 30"):
        draw_sparse(30, 8, n_nonzero=k)


def test_projection_keeps_float32():
    X = np.ones((3, 30), np.float32)
    for projection in (draw_sparse(30, 8, n_nonzero=4), draw_dense(30, 8), draw_gaussian(30, 8)):
        assert projection.project(X).dtype == np.float32
