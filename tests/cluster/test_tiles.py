# SPDX-License-Identifier: BSD-3-Clause
"""Tiles: each pair once, threads without a trace in the result."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

from skrmt.cluster._tiles import SIDE, in_parallel, spans, without_diagonal


@given(n=st.integers(1, 300), start=st.integers(0, 300), side=st.integers(1, 64))
def test_spans_cover_each_place_once(n, start, side):
    covered = [i for span in spans(n, start, side) for i in range(span.start, span.stop)]
    assert covered == list(range(start, n))
    assert all(span.stop - span.start == side for span in spans(n, start, side)[:-1])


def test_a_tile_fills_whole_bytes():
    assert SIDE % 8 == 0


@pytest.mark.parametrize("n_jobs", [None, 1, 3, -1])
def test_results_come_in_the_order_of_the_items(n_jobs):
    assert in_parallel(lambda i: i * i, range(20), n_jobs) == [i * i for i in range(20)]


def blas_threads(_=None):
    return [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"]


def test_threads_of_ours_are_not_multiplied_by_those_of_blas():
    with threadpool_limits(2, user_api="blas"):
        outside = blas_threads()
        assert in_parallel(blas_threads, [0], 1) == [outside]
        assert in_parallel(blas_threads, [0, 1, 2], 2) == [[1] * len(outside)] * 3
        assert blas_threads() == outside


@given(
    n_rows=st.integers(1, 9),
    n_columns=st.integers(1, 9),
    row=st.integers(0, 9),
    column=st.integers(0, 9),
)
def test_only_the_diagonal_of_the_whole_is_overwritten(n_rows, n_columns, row, column):
    whole = np.arange(400.0).reshape(20, 20) + 1
    rows, columns = slice(row, row + n_rows), slice(column, column + n_columns)
    tile = whole[rows, columns].copy()
    assert without_diagonal(tile, rows, columns, -1.0) is tile
    np.fill_diagonal(whole, -1.0)
    np.testing.assert_array_equal(tile, whole[rows, columns])
