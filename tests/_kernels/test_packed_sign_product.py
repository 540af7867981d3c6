# SPDX-License-Identifier: BSD-3-Clause
"""Every implementation of the product with packed signs against the dense one, and each other."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrmt import _kernels

IMPLEMENTATIONS = _kernels.implementations()
COMPILED = [name for name in IMPLEMENTATIONS if name != "numpy"]

# Rows and columns: rows that do not fill a byte or a block of 8 bytes, columns that do not fill a
# vector, none at all.
SHAPES = [(1, 1), (8, 16), (13, 7), (64, 33), (65, 15), (129, 100), (200, 1), (5, 0), (0, 5)]


def problem(n_rows, n_columns, n_vectors, seed=0, *, integers=False):
    """Signs, the same in bits, vectors with zeros where there is no row."""
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, (n_rows, n_columns), dtype=np.uint8)
    plane = np.packbits(bits, axis=0)
    vectors = np.zeros((n_vectors, 8 * len(plane)), np.float32)
    shape = (n_vectors, n_rows)
    vectors[:, :n_rows] = rng.integers(-999, 1000, shape) if integers else rng.normal(size=shape)
    return 2.0 * bits - 1, plane, vectors


def product(name, plane, vectors):
    out = np.full((len(vectors), plane.shape[1]), np.nan, np.float32)
    IMPLEMENTATIONS[name].packed_sign_product(plane, vectors, out)
    return out


@pytest.mark.parametrize("n_vectors", [0, 1, 3])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_equals_the_dense_product_on_integers(name, shape, n_vectors):
    signs, plane, vectors = problem(*shape, n_vectors, integers=True)
    expected = vectors[:, : shape[0]].astype(float) @ signs
    np.testing.assert_array_equal(product(name, plane, vectors), expected)


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_powers_of_two_spell_the_byte(name):
    every_byte = np.arange(256, dtype=np.uint8)[np.newaxis]
    powers = 2.0 ** np.arange(7, -1, -1, dtype=np.float32)[np.newaxis]
    np.testing.assert_array_equal(product(name, every_byte, powers)[0], 2 * np.arange(256.0) - 255)


@pytest.mark.parametrize("shape", [*SHAPES, (1000, 517)], ids=str)
@pytest.mark.parametrize("name", COMPILED)
def test_implementations_agree_bit_for_bit_on_any_data(name, shape):
    _, plane, vectors = problem(*shape, 2)
    np.testing.assert_array_equal(product(name, plane, vectors), product("numpy", plane, vectors))


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_error_is_that_of_the_additions(name):
    n_rows = 3001
    signs, plane, vectors = problem(n_rows, 50, 2)
    exact = vectors[:, :n_rows].astype(float) @ signs
    # A term passes through 3 additions in its byte, 8 in its block, one for each block.
    additions = 3 + 8 + -(-len(plane) // 8)
    bound = additions * np.finfo(np.float32).eps / 2 * np.abs(vectors).sum(axis=1, dtype=float)
    assert (np.abs(product(name, plane, vectors) - exact) <= 1.01 * bound[:, np.newaxis]).all()


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
@settings(max_examples=30, deadline=None)
@given(
    n_rows=st.integers(1, 150),
    n_columns=st.integers(1, 90),
    cuts=st.tuples(st.integers(0, 90), st.integers(0, 90)),
    seed=st.integers(0, 99),
)
def test_a_column_and_a_vector_do_not_depend_on_those_beside_them(
    name, n_rows, n_columns, cuts, seed
):
    _, plane, vectors = problem(n_rows, n_columns, 3, seed)
    whole = product(name, plane, vectors)
    start, stop = sorted(min(cut, n_columns) for cut in cuts)
    parts = np.empty_like(whole)
    for columns in (slice(start), slice(start, stop), slice(stop, None)):
        for v in range(3):
            # columns of the plane and of the output, without a copy
            IMPLEMENTATIONS[name].packed_sign_product(
                plane[:, columns], vectors[v : v + 1], parts[v : v + 1, columns]
            )
    np.testing.assert_array_equal(whole, parts)


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_rows_of_bytes_may_be_a_part_of_a_larger_plane(name):
    signs, plane, vectors = problem(160, 40, 2, integers=True)
    rows, columns = slice(3, 14), slice(5, 39)
    entries = slice(8 * rows.start, 8 * rows.stop)
    out = np.full((3, 50), np.nan, np.float32)
    IMPLEMENTATIONS[name].packed_sign_product(
        plane[rows, columns], vectors[:, entries], out[1:, 7:41]
    )
    np.testing.assert_array_equal(out[1:, 7:41], vectors[:, entries] @ signs[entries, columns])
    assert np.isnan(out[0]).all()
    assert np.isnan(out[:, :7]).all()
    assert np.isnan(out[:, 41:]).all()


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_threads_with_a_read_only_plane(name):
    _, plane, vectors = problem(500, 320, 1)
    whole = product(name, plane, vectors)
    plane.flags.writeable = vectors.flags.writeable = False
    out = np.empty_like(whole)

    def multiply(start):
        columns = slice(start, start + 40)
        IMPLEMENTATIONS[name].packed_sign_product(plane[:, columns], vectors, out[:, columns])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(multiply, range(0, 320, 40)))
    np.testing.assert_array_equal(out, whole)


@pytest.mark.parametrize("name", COMPILED)
def test_compiled_kernel_refuses_arrays_that_do_not_fit(name):
    _, plane, vectors = problem(64, 20, 2)
    given = {"plane": plane, "vectors": vectors, "out": np.empty((2, 20), np.float32)}
    IMPLEMENTATIONS[name].packed_sign_product(**given)
    for changes, message in [
        ({"vectors": vectors[:, :-1]}, "8 entries for each of 8 rows of bytes, got 63"),
        ({"out": given["out"][:1]}, r"out must have shape \(2, 20\)"),
        ({"out": given["out"][:, 1:]}, r"out must have shape \(2, 20\)"),
        ({"plane": np.asfortranarray(plane)}, "rows of plane must be contiguous"),
        ({"plane": plane[::-1]}, "rows of plane must be contiguous and in order"),
        ({"plane": np.broadcast_to(plane[:1], plane.shape)}, "rows of plane must be contiguous"),
        ({"vectors": vectors[:, ::-1]}, "rows of vectors must be contiguous"),
        ({"out": np.empty((20, 2), np.float32).T}, "rows of out must be contiguous"),
        ({"vectors": vectors.astype(float)}, "dtype mismatch"),
        ({"plane": plane.view(np.int8)}, "dtype mismatch"),
    ]:
        with pytest.raises(ValueError, match=message):
            IMPLEMENTATIONS[name].packed_sign_product(**{**given, **changes})
