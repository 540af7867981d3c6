# SPDX-License-Identifier: BSD-3-Clause
"""Table look-ups against the written-out Kronecker power."""

from functools import reduce

import numpy as np
import pytest

from skrmt.graph._edge_tables import EdgeTables

SHAPES = [(2, 1), (2, 2), (2, 5), (2, 8), (3, 1), (3, 4), (3, 5), (4, 3), (5, 1)]


def every_pair(n):
    return np.arange(n)[:, np.newaxis], np.arange(n)


@pytest.mark.parametrize(("size", "n_levels"), SHAPES)
def test_equals_the_kronecker_power(size, n_levels):
    initiator = np.random.default_rng(size).random((size, size))
    P = reduce(np.kron, [initiator] * n_levels)
    tables = EdgeTables(initiator, n_levels)
    assert tables.n_labels == len(P)
    # K factors, in another order
    np.testing.assert_allclose(tables.probability(*every_pair(len(P))), P, rtol=4e-16 * n_levels)
    # every one of the K logarithms and of their sums is rounded
    np.testing.assert_allclose(
        tables.log_probability(*every_pair(len(P))),
        np.log(P),
        rtol=0,
        atol=2 * n_levels * np.finfo(float).eps * (1 + n_levels * np.abs(np.log(initiator)).max()),
    )


@pytest.mark.parametrize("n_levels", [1, 2, 3, 6])
def test_zeros_and_ones_are_exact(n_levels):
    initiator = np.array([[1.0, 0.5], [0.0, 1.0]])
    P = reduce(np.kron, [initiator] * n_levels)
    tables = EdgeTables(initiator, n_levels)
    probability = tables.probability(*every_pair(len(P)))
    log_probability = tables.log_probability(*every_pair(len(P)))
    np.testing.assert_array_equal(probability, P)  # powers of 1/2
    np.testing.assert_array_equal(log_probability == -np.inf, P == 0)
    np.testing.assert_array_equal(log_probability == 0, P == 1)


def test_a_probability_that_underflows_still_has_a_logarithm():
    tables = EdgeTables([[1e-40, 0.5], [0.5, 0.5]], 10)
    assert tables.probability(0, 0) == 0
    np.testing.assert_allclose(tables.log_probability(0, 0), 10 * np.log(1e-40), rtol=1e-14)


def test_labels_broadcast_and_keep_their_shape():
    tables = EdgeTables([[0.9, 0.5], [0.4, 0.1]], 3)
    assert tables.probability(np.zeros((4, 1), int), np.zeros(3, np.int32)).shape == (4, 3)
    none = np.array([], dtype=int)
    assert tables.log_probability(none, none).shape == (0,)
    np.testing.assert_allclose(tables.probability(7, 0), 0.4**3, rtol=1e-15)


@pytest.mark.parametrize(("size", "n_levels"), [(2, 13), (2, 14), (3, 7), (4, 5)])
def test_tables_have_about_as_many_cells_as_there_are_labels(size, n_levels):
    tables = EdgeTables(np.full((size, size), 0.5), n_levels)
    cells = tables.low.size // 2 + (0 if tables.high is tables.low else tables.high.size // 2)
    assert cells <= (size + 1 / size) * size**n_levels


def test_bad_input_is_named():
    for initiator, n_levels, message in [
        ([[0.5, 0.5]], 2, "square matrix of side 2 or more, got shape"),
        ([[0.5]], 2, "square matrix of side 2 or more"),
        ([[0.5, 1.1], [0.5, 0.5]], 2, r"entries in \[0, 1\], got"),
        ([[0.5, np.nan], [0.5, 0.5]], 2, r"entries in \[0, 1\], got"),
        ([[0.5, 0.5], [0.5, 0.5]], 0, "n_levels must be at least 1, got 0"),
    ]:
        with pytest.raises(ValueError, match=message):
            EdgeTables(initiator, n_levels)
    tables = EdgeTables([[0.5, 0.5], [0.5, 0.5]], 2)
    for rows, columns in [([0, 4], [0, 0]), ([0], [-1])]:
        with pytest.raises(ValueError, match=r"labels must be in \[0, 4\)"):
            tables.probability(rows, columns)
