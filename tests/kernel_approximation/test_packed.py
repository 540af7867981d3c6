# SPDX-License-Identifier: BSD-3-Clause
"""Public functions on packed features."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skrmt.kernel_approximation import (
    TernaryRandomFeatures,
    pack_ternary,
    ternary_gram,
    unpack_ternary,
)

ternary = arrays(
    np.int8, st.tuples(st.integers(1, 6), st.integers(1, 200)), elements=st.integers(-1, 1)
)


@settings(max_examples=60)
@given(Z=ternary)
def test_round_trip_and_gram(Z):
    packed = pack_ternary(Z)
    np.testing.assert_array_equal(unpack_ternary(packed, Z.shape[1]), Z)
    wide = Z.astype(np.int64)
    gram = ternary_gram(packed, n_components=Z.shape[1])
    np.testing.assert_array_equal(gram, wide @ wide.T)
    cross = ternary_gram(packed, packed[:2], n_components=Z.shape[1])
    np.testing.assert_array_equal(cross, wide @ wide[:2].T)
    np.testing.assert_array_equal(ternary_gram(Z), gram)
    np.testing.assert_array_equal(ternary_gram(Z, Z[:2]), cross)


@pytest.mark.parametrize("kernel", ["rbf", "relu", "abs"])
def test_kernel_from_packed_rows_is_that_of_the_float_features(kernel):
    X = np.random.default_rng(0).standard_normal((40, 30))
    floats = TernaryRandomFeatures(200, kernel=kernel, random_state=0).fit(X)
    packed = TernaryRandomFeatures(200, kernel=kernel, dtype="packed", random_state=0).fit(X)
    Z = floats.transform(X)
    gram = ternary_gram(packed.transform(X), n_components=200)
    np.testing.assert_allclose(packed.scale_**2 / 200 * gram, Z @ Z.T, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: pack_ternary(np.ones((2, 3))), ValueError, "Z must be .* int8"),
        (lambda: pack_ternary(np.full((2, 3), 2, np.int8)), ValueError, "-1, 0 and 1 only"),
        (lambda: unpack_ternary(np.ones((2, 3), np.uint64), 64), ValueError, "1 or 2 columns"),
        (lambda: unpack_ternary(np.ones((2, 2)), 64), ValueError, "uint64"),
        (lambda: unpack_ternary(np.ones((2, 2), np.uint64), 0), ValueError, "at least 1"),
        (lambda: unpack_ternary(np.ones((2, 2), np.uint64), 9.0), TypeError, "integer"),
        (lambda: unpack_ternary(np.array([[0, 1]], np.uint64), 3), ValueError, "negative"),
        (lambda: unpack_ternary(np.array([[8]], np.uint64), 3), ValueError, "behind the last"),
        (lambda: ternary_gram(np.ones((2, 2), np.uint64)), TypeError, "n_components=None"),
        (lambda: ternary_gram(np.ones((2, 2))), ValueError, "Z must be"),
        (
            lambda: ternary_gram(np.ones((2, 7), np.int8), n_components=3),
            ValueError,
            "n_components=3 must be the columns",
        ),
        (
            lambda: ternary_gram(np.ones((2, 2), np.int8), np.ones((2, 3), np.int8)),
            ValueError,
            "2 columns and Z2 has 3",
        ),
        (
            lambda: ternary_gram(
                np.ones((2, 1), np.uint64), np.ones((2, 2), np.uint64), n_components=64
            ),
            ValueError,
            "1 bit plane.* and Z2 has 2",
        ),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
