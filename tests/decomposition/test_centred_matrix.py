# SPDX-License-Identifier: BSD-3-Clause
"""Everything a centred matrix says, against the same of an explicitly centred copy."""

import numpy as np
import pytest
from scipy.sparse import csc_array, csc_matrix, csr_array, csr_matrix, random_array

from skrmt.decomposition._centred_matrix import CentredMatrix

SHAPES = {"tall": (60, 25), "wide": (25, 60), "square": (40, 40)}
KINDS = {"dense": np.asarray, "csr": csr_array, "csc": csc_array}


def draw(shape, offset, dtype, seed=0):
    """Entries of variance 1 about column means between `offset` and twice that."""
    rng = np.random.default_rng(seed)
    means = offset * rng.uniform(1, 2, shape[1])
    return (rng.standard_normal(shape) + means).astype(dtype)


def centred(X, mean=None):
    X = np.asarray(X, dtype=np.longdouble)
    return X - (X.mean(axis=0) if mean is None else mean.astype(np.longdouble))


def everything(matrix, seed=1):
    """Name, and what the matrix says."""
    rng = np.random.default_rng(seed)
    (n, p), dtype = matrix.shape, matrix.dtype
    V, U = rng.standard_normal((p, 3)).astype(dtype), rng.standard_normal((n, 3)).astype(dtype)
    return {
        "row_squares": matrix.row_squares,
        "column_squares": matrix.column_squares,
        "dot": matrix.dot(V),
        "transposed_dot": matrix.transposed_dot(U),
        "gram": matrix.gram,
        "operator": matrix.gram_operator() @ np.eye(min(n, p), dtype=dtype),
        "rows": matrix.rows(slice(None)),
        "some rows": matrix.rows(np.array([7, 2, 7])),
        "total_square": matrix.total_square,
    }


def expected(exact, dtype, seed=1):
    rng = np.random.default_rng(seed)
    n, p = exact.shape
    V, U = rng.standard_normal((p, 3)).astype(dtype), rng.standard_normal((n, 3)).astype(dtype)
    gram = exact.T @ exact if p <= n else exact @ exact.T
    return {
        "row_squares": (exact**2).sum(axis=1),
        "column_squares": (exact**2).sum(axis=0),
        "dot": exact @ V,
        "transposed_dot": exact.T @ U,
        "gram": gram,
        "operator": gram,
        "rows": exact,
        "some rows": exact[[7, 2, 7]],
        "total_square": (exact**2).sum(),
    }


def assert_same(found, right, tolerance):
    for name, value in found.items():
        error = np.abs(np.asarray(value) - right[name]).max() / np.abs(right[name]).max()
        assert error < tolerance, f"{name}: {error:.3g}"


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("offset", [0.0, 0.5, 3.0])
def test_as_the_centred_copy(kind, shape, offset, dtype):
    X = draw(SHAPES[shape], offset, dtype)
    found = everything(CentredMatrix(KINDS[kind](X)))
    # Squares of size 1 are left when those of the means, up to 4 offset^2, cancel.
    tolerance = 20 * np.finfo(dtype).eps * (1 + 4 * offset**2)
    assert_same(found, expected(centred(X), dtype), tolerance)
    for name in ("dot", "transposed_dot", "gram", "rows"):
        assert found[name].dtype == dtype


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("offset", "dtype"), [(1e8, np.float64), (1e4, np.float64), (1e3, np.float32)]
)
def test_huge_means_cost_only_their_own_rounding(shape, offset, dtype):
    X = draw(SHAPES[shape], offset, dtype)
    found = everything(CentredMatrix(X))
    # A mean is rounded to half an epsilon of its size, up to 2 offset; squares of the offset would
    # leave nothing.
    tolerance = 20 * np.finfo(dtype).eps * (1 + 2 * offset)
    assert tolerance < 1e-2
    assert_same(found, expected(centred(X), dtype), tolerance)


def test_column_squares_before_and_after_the_gram_matrix():
    X = draw((60, 25), 1.0, np.float64)
    before, after = CentredMatrix(X), CentredMatrix(X)
    assert after.gram.shape == (25, 25)
    np.testing.assert_allclose(before.column_squares, after.column_squares, rtol=1e-12)
    np.testing.assert_allclose(before.column_squares, 60 * X.var(axis=0), rtol=1e-12)


def test_squares_of_many_blocks_of_rows():
    # More entries than a block has.
    X = draw((3000, 101), 0.5, np.float32)
    found = CentredMatrix(X)
    exact = centred(X)
    # Summed in double precision.
    np.testing.assert_allclose(
        found.column_squares, (exact**2).sum(axis=0).astype(float), rtol=1e-6
    )
    np.testing.assert_allclose(found.total_square, float((exact**2).sum()), rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_given_mean(kind, shape):
    X = draw(SHAPES[shape], 1.0, np.float64)
    mean = np.linspace(-2.0, 3.0, X.shape[1])
    matrix = CentredMatrix(KINDS[kind](X), mean=mean)
    np.testing.assert_array_equal(matrix.mean, mean)
    found, right = everything(matrix), expected(centred(X, mean), np.float64)
    # Means of squared size up to 9 and data of squares up to 4 + 1.
    names = ("row_squares", "dot", "transposed_dot", "rows", "some rows", "total_square")
    assert_same({name: found[name] for name in names}, right, 20 * 14 * np.finfo(float).eps)


def test_given_mean_far_from_the_data():
    X = draw((30, 8), 0.0, np.float64) + 1e8
    matrix = CentredMatrix(X, mean=np.full(8, 1e8))
    np.testing.assert_array_equal(matrix.rows(slice(None)), X - 1e8)
    np.testing.assert_allclose(matrix.row_squares, ((X - 1e8) ** 2).sum(axis=1), rtol=1e-14)


@pytest.mark.parametrize("offset", [0.5, 1e8])
def test_data_are_never_written_to(offset):
    X = draw((30, 12), offset, np.float64)
    before = X.copy()
    X.flags.writeable = False
    everything(CentredMatrix(X))
    rows = CentredMatrix(X).rows(slice(None))
    rows[:] = 0
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize(
    "kind", [csr_array, csr_matrix, csc_array, csc_matrix], ids=lambda k: k.__name__
)
def test_sparse_data_are_not_written_to_and_give_arrays(kind):
    X = random_array((50, 20), density=0.2, rng=np.random.default_rng(0), format="csr")
    S = kind(X)
    data = S.data.copy()
    matrix = CentredMatrix(S)
    assert matrix.is_sparse
    for name, value in everything(matrix).items():
        assert isinstance(value, np.ndarray | float), name
        assert type(value) is not np.matrix, name
    assert_same(everything(matrix), expected(centred(X.toarray()), np.float64), 1e-14)
    np.testing.assert_array_equal(S.data, data)


@pytest.mark.parametrize("kind", KINDS)
def test_constant_columns_have_no_squares(kind):
    X = draw((30, 6), 1.0, np.float64)
    X[:, 2], X[:, 4] = 0.0, 0.1
    squares = CentredMatrix(KINDS[kind](X)).column_squares
    assert squares[2] == 0
    # Rounding of 30 terms of 0.01, and never below zero.
    assert 0 <= squares[4] < 30 * 0.01 * 1e-14


def test_operator_takes_vectors_and_matrices():
    X = draw((20, 45), 0.5, np.float64)
    operator = CentredMatrix(X).gram_operator()
    exact = centred(X).astype(float)
    v = np.arange(20.0)
    assert operator.shape == (20, 20)
    np.testing.assert_allclose(operator @ v, exact @ (exact.T @ v), rtol=1e-11)
    np.testing.assert_allclose(
        operator @ v[:, np.newaxis], (operator @ v)[:, np.newaxis], rtol=1e-12
    )
