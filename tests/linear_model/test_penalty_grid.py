# SPDX-License-Identifier: BSD-3-Clause
"""The penalties that are compared."""

import numpy as np
import pytest

from skrmt.linear_model import _penalty_grid as grid


def test_automatic_grid_has_zero_and_eight_decades():
    alphas = grid.automatic_grid(10.0)
    assert len(alphas) == 30
    assert alphas[0] == 0
    np.testing.assert_allclose(alphas[[1, -1]], [1e-4, 1e4])
    np.testing.assert_allclose(np.diff(np.log10(alphas[1:])), 8 / 28)


def test_data_without_variance_get_a_grid_all_the_same():
    np.testing.assert_array_equal(grid.automatic_grid(0.0), grid.automatic_grid(1.0))


def test_extension_goes_on_in_equal_steps_beyond_the_edge():
    alphas = grid.automatic_grid(1.0)
    above = grid.extension(alphas, alphas[[-1]])
    below = grid.extension(alphas, alphas[[1]])
    assert above[-1] == pytest.approx(10 ** (3 + 11 * 8 / 28))
    assert below[-1] == pytest.approx(10 ** (-5 - 11 * 8 / 28))
    np.testing.assert_allclose(np.diff(np.log10([alphas[-1], *above])), 8 / 28)
    np.testing.assert_allclose(np.diff(np.log10([alphas[1], *below])), -8 / 28)


def test_no_extension_for_a_choice_inside_or_at_zero():
    alphas = grid.automatic_grid(1.0)
    assert not len(grid.extension(alphas, alphas[[0, 5]]))


def test_both_edges_for_targets_on_either():
    alphas = grid.automatic_grid(1.0)
    more = grid.extension(alphas, alphas[[1, -1]])
    assert more.max() > alphas.max() and more.min() < alphas[1]


def test_negative_grid_leaves_part_of_the_smallest_eigenvalue():
    np.testing.assert_allclose(grid.negative_grid(2.0), [-0.3, -0.6, -0.9, -1.2])
    assert not len(grid.negative_grid(0.0))


@pytest.mark.parametrize("bad", [[], [1.0, np.nan], [[1.0]], np.inf, ["a"]])
def test_bad_penalties_are_named(bad):
    with pytest.raises(ValueError, match=r"alphas=|could not convert"):
        grid.given_grid(bad)


def test_edges_of_a_given_grid():
    alphas = np.array([1.0, 0.1, 10.0])
    assert grid.on_edge(alphas, np.array([10.0])) == "largest"
    assert grid.on_edge(alphas, np.array([0.1])) == "smallest"
    assert grid.on_edge(alphas, np.array([1.0])) is None
    assert grid.on_edge(np.array([0.0, 1.0, 10.0]), np.array([0.0])) is None
    assert grid.on_edge(alphas[:2], np.array([1.0])) is None
