# SPDX-License-Identifier: BSD-3-Clause
"""Operators of sketches: one matrix, however the data come and wherever they are sketched."""

import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from skrmt.sketching import SKETCHES, CosineSketch, Sketch, make_sketch

KINDS = list(SKETCHES)
EPS = {np.float32: np.finfo(np.float32).eps, np.float64: np.finfo(np.float64).eps}


def drawn(kind, p, m, n_members=None, seed=0):
    law = make_sketch(kind, p, m)
    return law.draw(seed, n_members=n_members or law.n_disjoint)


def assert_same(found, expected, dtype):
    """Equal to rounding: relative to the norm of the rows, which a sketch keeps."""
    assert found.dtype == dtype and found.flags.c_contiguous
    scale = np.linalg.norm(expected) + 1e-300
    assert np.linalg.norm(found - expected) <= 30 * EPS[dtype] * scale


@settings(max_examples=80, deadline=None)
@given(data=st.data(), kind=st.sampled_from(KINDS), p=st.integers(1, 50))
def test_apply_and_adjoint_are_one_matrix(data, kind, p):
    law = make_sketch(kind, p, data.draw(st.integers(1, p)))
    sketch = law.draw(data.draw(st.integers(0, 99)), data.draw(st.integers(1, law.n_disjoint)))
    S = sketch.to_dense()
    assert S.shape == (p, sketch.n_columns) == (p, sketch.n_members * law.n_components)
    rng = np.random.default_rng(0)
    X, offset = rng.standard_normal((5, p)), rng.standard_normal(p)
    T, t = rng.standard_normal((sketch.n_columns, 3)), rng.standard_normal(sketch.n_columns)
    np.testing.assert_allclose(sketch.apply(X), X @ S, atol=1e-11)
    np.testing.assert_allclose(sketch.apply(X, offset=offset), (X - offset) @ S, atol=1e-11)
    np.testing.assert_allclose(sketch.adjoint(T), S @ T, atol=1e-11)
    assert sketch.adjoint(t).shape == (p,)
    np.testing.assert_allclose(sketch.apply(X) @ t, X @ sketch.adjoint(t), atol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", EPS)
@pytest.mark.parametrize("g", [1, 2, None])
@pytest.mark.parametrize("shift", [False, True])
def test_sparse_and_dense_data_give_the_same(kind, dtype, g, shift):
    p = 60
    sketch = drawn(kind, p, 20, None if g is None else min(g, make_sketch(kind, p, 20).n_disjoint))
    rng = np.random.default_rng(1)
    X = (rng.standard_normal((30, p)) * (rng.uniform(size=(30, p)) < 0.2)).astype(dtype)
    offset = rng.standard_normal(p) if shift else None
    expected = (X.astype(float) - (offset if shift else 0.0)) @ sketch.to_dense()
    assert_same(sketch.apply(X, offset=offset), expected, dtype)
    for form in (sparse.csr_array, sparse.csc_array, sparse.csr_matrix, sparse.csc_matrix):
        assert_same(sketch.apply(form(X), offset=offset), expected, dtype)
    assert_same(sketch.apply(sparse.coo_array(X), offset=offset), expected, dtype)


@pytest.mark.parametrize("kind", KINDS)
def test_layout_of_the_data_does_not_matter(kind):
    sketch = drawn(kind, 24, 6)
    X = np.random.default_rng(2).standard_normal((40, 24))
    X.flags.writeable = False
    expected = sketch.apply(X)
    wide = np.repeat(np.repeat(X, 2, axis=0), 3, axis=1)
    reverse = np.ascontiguousarray(X[::-1, ::-1])
    for other in (np.asfortranarray(X), wide[::2, ::3], reverse[::-1, ::-1], X.tolist()):
        assert_same(sketch.apply(other), expected, np.float64)
    assert sketch.apply(X[:0]).shape == (0, sketch.n_columns)
    assert sketch.apply(sparse.csr_array(X[:0])).shape == (0, sketch.n_columns)
    assert_same(sketch.apply(X[:1]), expected[:1], np.float64)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("storage", ["dense", "sparse"])
def test_rows_are_sketched_independently_of_blocks(kind, storage):
    # more than one block of rows, and of features for the Gaussian law
    n, p, m = 1500, 3000, 400
    rng = np.random.default_rng(3)
    if storage == "dense":
        X = rng.standard_normal((n, p), dtype=np.float32)
    else:
        X = sparse.random_array((n, p), density=0.05, format="csr", dtype=np.float32, rng=rng)
    sketch = make_sketch(kind, p, m).draw(0)
    whole = sketch.apply(X)
    for rows in (slice(0, 1), slice(80, 97), slice(1390, 1500)):
        assert_same(sketch.apply(X[rows]), whole[rows], np.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_offset_keeps_the_digits_of_float32_data(kind):
    p, shift = 40, 1e4
    sketch = drawn(kind, p, 10)
    X = (shift + np.random.default_rng(4).standard_normal((50, p))).astype(np.float32)
    mean = X.mean(axis=0, dtype=float)
    expected = (X - mean) @ sketch.to_dense()
    assert_same(sketch.apply(X, offset=mean), expected, np.float32)
    # sketched first, digits go: the rows are `shift` times as long as their deviations
    late = sketch.apply(X).astype(float)
    error = np.linalg.norm(late - late.mean(axis=0) - expected) / np.linalg.norm(expected)
    assert kind == "subsample" or error > 100 * EPS[np.float32]


@pytest.mark.parametrize("kind", KINDS)
def test_float32_and_float64_share_the_sketch(kind):
    sketch = drawn(kind, 37, 9)
    one = sketch.adjoint(np.eye(sketch.n_columns, dtype=np.float32))
    assert one.dtype == np.float32
    assert_same(one, sketch.to_dense(), np.float32)
    assert sketch.adjoint(np.ones(sketch.n_columns, int)).dtype == np.float64


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_bits_also_after_a_pickle(kind):
    X = np.random.default_rng(5).standard_normal((7, 50))
    law = make_sketch(kind, 50, 12)
    sketch, again, other = (law.draw(s, law.n_disjoint) for s in (3, 3, 4))
    assert sketch == again != other
    copy = pickle.loads(pickle.dumps(sketch))
    for same in (again, copy, Sketch(law, sketch.seed, law.n_disjoint)):
        np.testing.assert_array_equal(same.apply(X), sketch.apply(X))
        np.testing.assert_array_equal(same.to_dense(), sketch.to_dense())
    assert (other.to_dense() != sketch.to_dense()).any()


@pytest.mark.parametrize("kind", KINDS)
def test_operator_is_a_few_numbers_after_use(kind):
    sketch = make_sketch(kind, 2000, 20).draw(np.random.RandomState(0))
    sketch.adjoint(np.ones(20 if kind != "sparse" else sketch.n_columns))
    assert len(pickle.dumps(sketch)) < 400


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "orthogonal"])
def test_sparse_data_never_become_dense_as_a_whole(kind):
    n, p = 2000, 20000
    X = sparse.random_array((n, p), density=1e-3, format="csr", rng=6)
    sketch = make_sketch(kind, p, 16).draw(0)
    tracemalloc.start()
    try:
        sketch.apply(X)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < n * p * 8 / 10


def test_data_of_another_form_are_refused():
    sketch = CosineSketch(4, 2).draw(0)
    with pytest.raises(TypeError, match=r"X must be float32 or float64, got int64; convert"):
        sketch.apply(np.ones((2, 4), np.int64))
    with pytest.raises(ValueError, match=r"X has shape \(4,\), but the sketch takes \(n_samp"):
        sketch.apply(np.ones(4))
    with pytest.raises(ValueError, match=r"X has shape \(2, 5\), but .* draw a sketch with"):
        sketch.apply(sparse.csr_array(np.ones((2, 5))))
    with pytest.raises(ValueError, match=r"offset has shape \(3,\), but must be one row of 4"):
        sketch.apply(np.ones((2, 4)), offset=np.ones(3))
    with pytest.raises(ValueError, match="offset has entries that are nan or infinite"):
        sketch.apply(np.ones((2, 4)), offset=[0, 0, 0, np.nan])
    with pytest.raises(ValueError, match=r"T has shape \(3, 1\), but the sketch has 2 columns"):
        sketch.adjoint(np.ones((3, 1)))


def test_members_that_do_not_exist_are_refused():
    law = CosineSketch(10, 4)
    with pytest.raises(ValueError, match=r"n_members=3 must be between 1 and 2 for CosineSketch"):
        law.draw(0, n_members=3)
    with pytest.raises(ValueError, match="n_members=0 must be between 1 and 2"):
        law.draw(0, n_members=0)
    with pytest.raises(ValueError, match="seed=-1 must not be negative"):
        Sketch(law, -1)
    with pytest.raises(TypeError, match=r"seed must be an integer, got None"):
        Sketch(law, None)
    with pytest.raises(TypeError, match=r"law must be a law of sketches, .* got None"):
        Sketch(None, 1)
    with pytest.raises(TypeError, match=r"member must be an integer, got 0\.5"):
        law.draw(0).gram_spectrum(0.5)
    with pytest.raises(ValueError, match="member=1 must be between 0 and 0"):
        law.draw(0).gram_spectrum(1)
