# SPDX-License-Identifier: BSD-3-Clause
"""The upper half of a sparse matrix as the whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrmt.cluster._sparse_affinity import SparseAffinity, strip_of_entries
from skrmt.cluster._tiles import spans


def sparse_symmetric(n, density, seed):
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.standard_normal((n, n)) * (rng.random((n, n)) < density), 1)
    return (upper + upper.T).astype(np.float32)


def stored(K, side, *, ternary):
    strips = []
    for rows in spans(len(K), side=side):
        i, j = np.nonzero(np.triu(K, 1)[rows])
        values = K[rows][i, j]
        i, j = i.astype(np.int32), j.astype(np.int32)
        strips.append(strip_of_entries(rows, len(K), i, j, values, ternary=ternary))
    return SparseAffinity(len(K), strips, ternary=ternary)


@given(
    n=st.integers(2, 60),
    density=st.sampled_from([0.0, 0.05, 0.5, 1.0]),
    side=st.sampled_from([8, 24, 64]),
    ternary=st.booleans(),
    width=st.sampled_from([1, 3]),
    seed=st.integers(0, 99),
)
def test_entries_and_products_are_those_of_the_matrix(n, density, side, ternary, width, seed):
    K = sparse_symmetric(n, density, seed)
    affinity = stored(K, side, ternary=ternary)
    exact = np.sign(K) if ternary else K
    np.testing.assert_array_equal(affinity.toarray(), exact)
    V = np.random.default_rng(seed).standard_normal((n, width)).astype(np.float32)
    np.testing.assert_allclose(affinity.matmat(V), exact @ V, rtol=0, atol=n * 2e-6)
    assert affinity.density == pytest.approx(np.count_nonzero(K) / (n * (n - 1)))
    assert affinity.shape == (n, n)
    affinity.scale = 0.5
    np.testing.assert_array_equal(affinity.toarray(), exact / 2)


@pytest.mark.parametrize("ternary", [True, False])
def test_bytes_are_those_of_the_arrays_that_it_holds(ternary):
    K = sparse_symmetric(100, 0.2, 0)
    affinity = stored(K, 16, ternary=ternary)
    arrays = {}
    for _, parts in affinity._strips:
        for _, matrix in parts:
            for array in (matrix.data, matrix.indices, matrix.indptr):
                base = array if array.base is None else array.base
                if base.size:
                    arrays[id(base)] = base.nbytes
            assert matrix.indices.dtype == matrix.indptr.dtype == np.int32
    assert affinity.nbytes == sum(arrays.values())
    pairs = np.count_nonzero(K) / 2
    # Seven strips, of one row pointer more than rows, twice for two signs.
    pointers = 4 * (100 + 7) * (2 if ternary else 1)
    longest = max(
        np.count_nonzero(np.triu(K, 1)[rows] == 0)
        if not ternary
        else max(np.count_nonzero(sign * np.triu(K, 1)[rows] > 0) for sign in (1, -1))
        for rows in spans(100, side=16)
    )
    assert affinity.nbytes == pointers + (4 * (pairs + longest) if ternary else 8 * pairs)


def test_one_vector_keeps_its_shape_and_type():
    affinity = stored(sparse_symmetric(30, 0.3, 1), 8, ternary=True)
    v = np.arange(30)
    found = affinity.matmat(v)
    assert found.shape == (30,)
    assert found.dtype == affinity.dtype == np.float32
    np.testing.assert_array_equal(found, affinity.matmat(v[:, None])[:, 0])


def test_a_shared_one_is_not_written_to():
    K = sparse_symmetric(40, 0.3, 2)
    affinity = stored(K, 8, ternary=True)
    first = affinity.matmat(np.ones(40))
    affinity.scale = 7.0
    affinity.matmat(np.ones(40))
    affinity.scale = 1.0
    np.testing.assert_array_equal(affinity.matmat(np.ones(40)), first)
    np.testing.assert_array_equal(affinity.toarray(), np.sign(K))
