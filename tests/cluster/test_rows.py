# SPDX-License-Identifier: BSD-3-Clause
"""Rows: the same similarities from every storage, as exact ones within the rounding of float32."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
from cluster_cases import exact_similarities, rows_of
from hypothesis import given
from hypothesis import strategies as st

from skrmt.cluster import _rows
from skrmt.cluster._rows import GivenSimilarities, RowMap, SomeRows

KINDS = {
    "cosine": {"unit": True, "euclidean": False},
    "product": {"unit": False, "euclidean": False},
    "euclidean": {"unit": False, "euclidean": True},
}
STORAGES = ("dense", "float32", "mapped", "sparse")
N, P = 90, 30
ROUNDING = np.finfo(np.float32).eps / 2


def sparse_data(n=N, p=P, seed=0):
    """Counts, a quarter of them not zero, of float32 values."""
    rng = np.random.default_rng(seed)
    return rng.poisson(2.0, (n, p)) * (rng.random((n, p)) < 0.25) * 0.5


def stored(X, storage, folder):
    if storage == "mapped":
        mapped = np.lib.format.open_memmap(folder / "X.npy", "w+", X.dtype, X.shape)
        mapped[:] = X
        return mapped
    return {"dense": X, "float32": X.astype(np.float32), "sparse": sp.csr_array(X)}[storage]


def rounding_bound(X, kind, Y=None):
    """A float32 sum of p products errs by p roundings of the product of the norms.

    Sparse rows are summed before they are centred, so the norms are those before centring.
    """
    Y = X if Y is None else Y
    mean = X.mean(axis=0)
    a, b = (np.linalg.norm(Z, axis=1) + np.linalg.norm(mean) for Z in (X, Y))
    bound = (
        (P + 8) * ROUNDING * (np.add.outer(a, b) ** 2 if kind == "euclidean" else np.outer(a, b))
    )
    if kind == "cosine":
        bound /= np.outer(*(np.linalg.norm(Z - mean, axis=1) for Z in (X, Y)))
    return bound


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("storage", STORAGES)
def test_similarities_are_the_exact_ones(kind, storage, tmp_path):
    X, new = sparse_data(), sparse_data(7, seed=1)
    given_rows = stored(X, storage, tmp_path)
    row_map = RowMap(given_rows, center=True)
    rows = row_map.rows(given_rows, **KINDS[kind], keep=storage != "mapped")
    factor = 1.0 if kind == "cosine" else row_map.scale**2
    tile = rows.tile(slice(10, 50), rows, slice(0, N))
    assert tile.dtype == np.float32
    error = np.abs(factor * tile - exact_similarities(X, kind)[10:50])
    assert (error <= rounding_bound(X, kind)[10:50]).all()
    index = np.array([80, 3, 3, 41])
    np.testing.assert_array_less(
        np.abs(
            factor * rows.tile(index, rows, index) - exact_similarities(X, kind)[index][:, index]
        ),
        rounding_bound(X, kind)[index][:, index],
    )
    few = row_map.rows(sp.csr_array(new) if storage == "sparse" else new, **KINDS[kind])
    error = np.abs(
        factor * few.tile(slice(0, 7), rows, slice(5, N))
        - exact_similarities(X, kind, Y=new).T[:, 5:]
    )
    assert (error <= rounding_bound(X, kind, new).T[:, 5:]).all()
    exact = np.mean(np.diagonal(exact_similarities(X, kind if kind == "cosine" else "product")))
    assert factor * rows.mean_square_norm == pytest.approx(exact, rel=1e-5)


@pytest.mark.parametrize("storage", STORAGES)
def test_without_centring_the_origin_is_the_centre(storage, tmp_path):
    X = sparse_data() + 1e-3
    given_rows = stored(X, storage, tmp_path)
    rows = rows_of(given_rows, center=False)
    found = rows.tile(slice(0, N), rows, slice(0, N))
    np.testing.assert_allclose(found, exact_similarities(X, "cosine", center=False), atol=4e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("offset", [0.0, 3.0, -1e5])
@pytest.mark.parametrize("scale", [7.0, 1e-200, 1e150])
def test_neither_offset_nor_scale_matters(kind, offset, scale):
    X = np.random.default_rng(0).standard_normal((N, P))
    moved = (X + offset) * scale
    found, expected = (
        rows.tile(slice(0, N), rows, slice(0, N))
        for rows in (rows_of(Z, **KINDS[kind]) for Z in (moved, X))
    )
    # The offset costs digits of the data, which a float64 has to spare.
    largest = 1.0 if kind == "cosine" else np.abs(expected).max()
    np.testing.assert_allclose(found, expected, rtol=0, atol=(P + 8) * 4 * ROUNDING * largest)


@given(st.integers(-300, 300))
def test_a_power_of_two_changes_no_bit(exponent):
    X = np.random.default_rng(0).standard_normal((12, 5))
    found, expected = (rows_of(Z) for Z in (X * 2.0**exponent, X))
    np.testing.assert_array_equal(found.block(slice(0, 12)), expected.block(slice(0, 12)))


@pytest.mark.parametrize("storage", ["dense", "mapped", "sparse"])
@pytest.mark.parametrize("seed", range(5))
def test_a_row_that_equals_the_mean_has_no_direction(storage, seed, tmp_path):
    deviation = np.random.default_rng(seed).choice([-0.75, 0.0, 0.0, 0.5], (20, P))
    # 0.1 is no binary fraction: the mean is not exactly the middle rows.
    X = 0.1 + np.vstack([deviation, np.zeros((2, P)), -deviation])
    rows = rows_of(stored(X, storage, tmp_path), keep=storage != "mapped")
    assert np.flatnonzero(rows.silent).tolist() == [20, 21]
    tile = rows.tile(slice(0, 42), rows, slice(0, 42))
    assert not tile[20:22].any()
    assert not tile[:, 20:22].any()
    assert np.isfinite(tile).all()
    assert rows.mean_square_norm == pytest.approx(1.0, rel=1e-6)


def test_a_zero_row_is_silent_without_centring():
    X = np.vstack([np.zeros(P), sparse_data() + 0.5])
    for each in (X, sp.csr_array(X)):
        assert np.flatnonzero(rows_of(each, center=False).silent).tolist() == [0]
        euclidean = rows_of(each, unit=False, euclidean=True, center=False)
        tile = euclidean.tile(slice(0, 1), euclidean, slice(1, N))
        assert (tile < 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_do_not_show(kind, monkeypatch, tmp_path):
    X = stored(sparse_data(), "mapped", tmp_path)
    expected = rows_of(X, **KINDS[kind])
    monkeypatch.setattr(_rows, "_BLOCK_ENTRIES", 7 * P)
    for keep in (True, False):
        found = rows_of(X, **KINDS[kind], keep=keep)
        np.testing.assert_array_equal(
            found.tile(slice(0, N), found, slice(0, N)),
            expected.tile(slice(0, N), expected, slice(0, N)),
        )
        assert found.mean_square_norm == expected.mean_square_norm


def test_mapped_rows_are_not_copied_and_sparse_rows_never_made_dense(tmp_path):
    n, p = 300, 60_000
    dense_bytes = 4 * n * p
    mapped = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", np.float32, (n, p))
    mapped[:, ::50] = np.random.default_rng(0).standard_normal((n, p // 50))
    sparse = sp.csr_array(mapped)
    for X in (mapped, sparse):
        tracemalloc.start()
        rows = rows_of(X, keep=False)
        rows.tile(slice(0, 32), rows, slice(32, 64))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < dense_bytes


@pytest.mark.parametrize("as_sparse", [False, True], ids=["dense", "sparse"])
def test_data_without_variation_are_refused(as_sparse):
    kind = sp.csr_array if as_sparse else np.asarray
    with pytest.raises(ValueError, match="no variation: every entry is zero"):
        RowMap(kind(np.zeros((5, 3))), center=False)
    if not as_sparse:
        with pytest.raises(ValueError, match="no variation after centring"):
            RowMap(np.full((7, 3), 0.1), center=True)
        with pytest.raises(ValueError, match="overflows float64; divide X"):
            RowMap(np.full((9, 2), 1.7e308), center=True)
        assert RowMap(np.full((7, 3), 0.1), center=False).scale == 0.1


def test_given_similarities_are_read_and_left_alone():
    S = np.random.default_rng(0).standard_normal((6, 6))
    np.fill_diagonal(S, np.arange(1, 7))
    rows = GivenSimilarities(S)
    tile = rows.tile(slice(1, 4), rows, slice(2, 6))
    np.testing.assert_array_equal(tile, S[1:4, 2:6].astype(np.float32))
    before = S.copy()
    tile[:] = np.nan
    np.testing.assert_array_equal(S, before)
    assert rows.mean_square_norm == pytest.approx(np.diagonal(S).mean())
    light = rows.without_data()
    assert light.n_rows == 6
    assert light._similarities is None
    assert rows._similarities is S


def test_some_rows_are_those_rows():
    X = sparse_data()
    rows, index = rows_of(X), np.array([2, 5, 60, 61])
    some = SomeRows(rows, index)
    assert some.n_rows == 4
    np.testing.assert_array_equal(
        some.tile(slice(1, 3), some, np.array([0, 3])), rows.tile([5, 60], rows, [2, 61])
    )
    assert some.mean_square_norm == rows.mean_square_norm


def test_a_deviation_that_overflows_is_refused():
    # The mean is finite, and one row is farther from it than a float64 can say.
    X = np.array([[-1.7e308], [1.7e308], [-1.7e308]])
    with pytest.raises(ValueError, match="overflow"):
        RowMap(X, center=True)
