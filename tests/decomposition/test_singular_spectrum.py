# SPDX-License-Identifier: BSD-3-Clause
"""Singular values and axes, by every solver, against those of NumPy."""

import numpy as np
import pytest
from noisy_matrices import planted, spectrum_of, white
from scipy.sparse import csc_array, csr_array
from sklearn.utils.extmath import svd_flip

from skrmt.decomposition import _singular_spectrum
from skrmt.decomposition._centred_matrix import CentredMatrix
from skrmt.decomposition._singular_spectrum import choose_solver
from skrmt.theory import largest_eigenvalue_law

SHAPES = {"tall": (300, 160), "wide": (160, 300)}
SOLVERS = ("full", "covariance_eigh", "arpack")
SPIKES = (40, 20, 12, 8, 6)


def reference(X):
    X = np.asarray(X, dtype=np.float64)
    _, s, Vt = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    return s, svd_flip(None, Vt, u_based_decision=False)[1]


def draw(shape, seed=0, spikes=SPIKES, dtype=np.float64):
    return planted(seed, *SHAPES[shape], spikes).data.astype(dtype)


@pytest.mark.parametrize(
    ("solver", "kind"),
    [
        *((solver, np.asarray) for solver in SOLVERS),
        *((solver, kind) for solver in SOLVERS[1:] for kind in (csr_array, csc_array)),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", SHAPES)
def test_values_and_axes(solver, shape, dtype, kind):
    X = draw(shape, dtype=dtype)
    # Sparse data are few when their means are zero; else their squares cost digits.
    X = X - X.mean(axis=0).astype(dtype) if kind is not np.asarray else X
    s, Vt = reference(X)
    found_s, found = spectrum_of(kind(X), solver).axes(5)
    squares = s[:6] ** 2
    # Rounding of the Gram matrix, whose norm is the largest square; a vector turns by it over
    # the gap to the next.
    rounding = 50 * np.finfo(dtype).eps * squares[0]
    np.testing.assert_allclose(found_s**2, squares[:5], atol=rounding)
    gaps = np.minimum(-np.diff(squares), np.append(np.inf, -np.diff(squares)[:-1]))
    turns = np.linalg.norm(found - Vt[:5], axis=1)
    assert (turns < 2 * rounding / gaps).all()
    assert found.dtype == found_s.dtype == dtype


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("solver", SOLVERS)
def test_axes_are_orthonormal_with_the_largest_entry_positive(solver, shape):
    _, Vt = spectrum_of(draw(shape), solver).axes(6)
    np.testing.assert_allclose(Vt @ Vt.T, np.eye(6), atol=1e-12)
    assert (Vt[np.arange(6), np.abs(Vt).argmax(axis=1)] > 0).all()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("shape", [(9, 30), (30, 9), (12, 12)])
def test_all_axes_are_orthonormal(shape, solver, dtype):
    """The mean takes one direction of the rows: the last value of wide data is 0."""
    k = min(shape)
    X = white(np.random.default_rng(0), *shape).astype(dtype)
    s, Vt = spectrum_of(X, solver).axes(k)
    np.testing.assert_allclose(Vt @ Vt.T, np.eye(k), atol=100 * np.finfo(dtype).eps)
    # Half of the digits where X was squared.
    right = reference(X)[0]
    np.testing.assert_allclose(s, right, atol=10 * np.sqrt(np.finfo(dtype).eps) * right[0])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("solver", SOLVERS)
def test_all_values(solver, shape):
    X = draw(shape)
    s, _ = reference(X)
    spectrum = spectrum_of(X, solver)
    for values in (spectrum.all(), spectrum.leading(160)):
        assert values.dtype == np.float64
        np.testing.assert_allclose(values**2, s**2, atol=1e-12 * s[0] ** 2)
    # After a decomposition with vectors too.
    spectrum.axes(159)
    np.testing.assert_allclose(spectrum.all() ** 2, s**2, atol=1e-12 * s[0] ** 2)


@pytest.mark.parametrize("shape", [(600, 500), (400, 800)])
@pytest.mark.parametrize("spikes", [(), (1e6,), (9.0, 4.0)], ids=["noise", "huge", "two"])
def test_leading_values_by_lanczos_are_good_enough_to_count(shape, spikes):
    n, p = shape
    scale = n * largest_eigenvalue_law(n, p).scale
    for seed in range(3):
        X = planted(seed, n, p, spikes).data
        right = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)
        for k in (1, 5):
            spectrum = spectrum_of(X, "arpack", seed)
            error = spectrum.leading(k) ** 2 - right[:k] ** 2
            assert spectrum._partial.size, "the Lanczos method has not been used"
            # A square is as near to one of the spectrum as the residual is large, 1e-3 of it (the
            # last of the eight that are computed may be a later one); the first, which is compared
            # with the scatter of the largest of noise, is much nearer.
            assert (np.abs(error) < 1e-3 * right[:k] ** 2).all()
            assert abs(error[0]) < 0.02 * scale + 1e-6 * right[0] ** 2


@pytest.mark.parametrize("solver", SOLVERS)
def test_values_above_a_threshold_and_the_next(solver):
    X = draw("tall")
    s, _ = reference(X)
    for count in (0, 1, 5, 12, 37, 159, 160):
        threshold = (
            np.sqrt(s[count - 1] * s[count]) if 0 < count < 160 else (s[0] + 1, 0)[count > 0]
        )
        values = spectrum_of(X, solver).above(threshold, 160)
        assert len(values) == min(count + 1, 160)
        np.testing.assert_allclose(values, s[: count + 1], rtol=1e-4)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("most", [1, 3, 8, 20])
def test_no_more_values_above_a_threshold_than_are_of_interest(solver, most):
    X = draw("wide")
    s, _ = reference(X)
    values = spectrum_of(X, solver).above(s[29], most)
    assert len(values) == most + 1
    np.testing.assert_allclose(values, s[: most + 1], rtol=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("solver", SOLVERS)
def test_fewer_axes_are_the_first_of_more(solver, shape):
    X = draw(shape)
    up, down = spectrum_of(X, solver), spectrum_of(X, solver)
    few_s, few = (values.copy() for values in up.axes(2))
    for spectrum in (up, down):
        many_s, many = spectrum.axes(5)
        again_s, again = spectrum.axes(2)
        np.testing.assert_array_equal(again_s, many_s[:2])
        np.testing.assert_array_equal(again, many[:2])
        np.testing.assert_allclose(again_s, few_s, rtol=1e-12)
        np.testing.assert_allclose(again, few, atol=1e-11)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("solver", SOLVERS)
def test_no_axis(solver, dtype):
    spectrum = spectrum_of(draw("tall", dtype=dtype), solver)
    s, Vt = spectrum.axes(0)
    assert s.shape == (0,)
    assert Vt.shape == (0, 160)
    assert s.dtype == Vt.dtype == dtype
    assert spectrum.leading(0).shape == (0,)
    # Nothing remembered that stands in the way of some.
    assert spectrum.axes(2)[1].shape == (2, 160)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("solver", ["covariance_eigh", "arpack"])
def test_require_gives_back_the_digits_that_squaring_lost(solver, shape):
    X = draw(shape, spikes=(1e18, 9.0))
    s, _ = reference(X)
    spectrum = spectrum_of(X, solver)
    # Squares are right to 1e-16 times 1e18: noise and signal are below that.
    assert not np.allclose(spectrum.leading(3)[1:], s[1:3], rtol=0.1)
    spectrum.require(s[2])
    assert spectrum.solver == "full"
    # 1e-16 times the largest value of 1e9 times some 10, against values of some 30.
    np.testing.assert_allclose(spectrum.leading(3)[1:], s[1:3], rtol=1e-5)
    np.testing.assert_allclose(spectrum.all()[:3], s[:3], rtol=1e-5)
    found = spectrum.axes(2)[1]
    assert abs(found[1] @ reference(X)[1][1]) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("spike", [1.0, 1e4, 1e8])
def test_require_leaves_a_solver_that_has_digits(spike):
    X = draw("tall", spikes=(spike,))
    spectrum = spectrum_of(X)
    spectrum.require(reference(X)[0][1])
    assert spectrum.solver == "covariance_eigh"
    assert spectrum.leading(2)[1] == pytest.approx(reference(X)[0][1], rel=1e-4)


def test_sparse_data_are_never_made_dense():
    spectrum = spectrum_of(csr_array(draw("tall", spikes=(1e18,)) - 5.0))
    spectrum.require(1.0)
    assert spectrum.solver == "covariance_eigh"


@pytest.mark.parametrize("shape", SHAPES)
def test_operator_as_the_gram_matrix(shape, monkeypatch):
    X = draw(shape)
    s, Vt = spectrum_of(X, "arpack").axes(5)
    monkeypatch.setattr(_singular_spectrum, "_LARGEST_GRAM", 10)
    spectrum = spectrum_of(X, "arpack")
    found_s, found = spectrum.axes(5)
    assert "gram" not in spectrum.matrix.__dict__
    np.testing.assert_allclose(found_s, s, rtol=1e-10)
    np.testing.assert_allclose(found, Vt, atol=1e-9)


def test_same_seed_same_values():
    X = draw("tall")
    first, second = (spectrum_of(X, "arpack", 3) for _ in range(2))
    np.testing.assert_array_equal(first.leading(4), second.leading(4))
    np.testing.assert_array_equal(first.axes(4)[1], second.axes(4)[1])


@pytest.mark.parametrize(
    ("shape", "kind", "all_values", "solver"),
    [
        ((40, 30), np.asarray, False, "covariance_eigh"),
        ((40, 30), np.asarray, True, "covariance_eigh"),
        ((900, 700), np.asarray, False, "arpack"),
        ((900, 700), np.asarray, True, "covariance_eigh"),
        ((900, 20), np.asarray, False, "covariance_eigh"),
        ((40, 30), csr_array, False, "covariance_eigh"),
        ((900, 700), csr_array, False, "arpack"),
    ],
)
def test_solver_that_auto_takes(shape, kind, all_values, solver):
    matrix = CentredMatrix(kind(np.eye(*shape)))
    assert choose_solver("auto", matrix, all_values=all_values) == solver


@pytest.mark.parametrize("solver", SOLVERS)
def test_solver_asked_for(solver):
    matrix = CentredMatrix(np.ones((4, 3)))
    assert choose_solver(solver, matrix, all_values=False) == solver


def test_sparse_data_cannot_be_decomposed_themselves():
    matrix = CentredMatrix(csr_array(np.eye(4, 3)))
    with pytest.raises(ValueError, match=r"svd_solver='full' .* take 'arpack'"):
        choose_solver("full", matrix, all_values=False)
