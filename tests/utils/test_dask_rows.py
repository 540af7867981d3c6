# SPDX-License-Identifier: BSD-3-Clause
"""Map and reduce over the blocks of Dask arrays."""

import operator
import subprocess
import sys

import dask
import numpy as np
import pytest
from dask import array
from hypothesis import given, settings
from hypothesis import strategies as st

from skrmt.utils._dask_rows import DaskRows, is_dask_array, map_rows

RNG = np.random.default_rng(0)
X, Y, W = RNG.standard_normal((40, 6)), RNG.standard_normal((40, 2)), RNG.random(40)


def products(block, y, weights, *, scale):
    """X'Wy, a sum over rows."""
    return scale * block.T @ (weights[:, None] * y)


@given(
    cuts=st.lists(st.integers(0, 40), max_size=6),
    column_cut=st.integers(1, 6),
    y_chunk=st.integers(1, 40),
)
@settings(max_examples=25, deadline=None)
def test_a_sum_is_that_of_all_rows_for_any_blocks(cuts, column_cut, y_chunk):
    edges = [0, *sorted(cuts), 40]
    sizes = tuple(int(n) for n in np.diff(edges))  # some may be empty
    columns = tuple(n for n in (column_cut, 6 - column_cut) if n)
    rows = DaskRows(
        array.from_array(X, chunks=(sizes, columns)),
        array.from_array(Y, chunks=(y_chunk, 1)),
        W.tolist(),
    )
    assert (rows.n_rows, rows.n_features, rows.is_sparse) == (40, 6, False)
    found = rows.map_reduce(products, operator.add, scale=2.0)
    np.testing.assert_allclose(found, 2 * X.T @ (W[:, None] * Y), rtol=1e-12)


def test_the_earlier_rows_are_the_first_operand():
    rows = DaskRows(array.from_array(X, chunks=(7, 6)))
    found = rows.map_reduce(lambda block, y, w: block, lambda a, b: np.concatenate([a, b]))
    np.testing.assert_array_equal(found, X)


def test_blocks_that_say_nothing_are_left_out():
    rows = DaskRows(array.from_array(X, chunks=(7, 6)))

    def where_positive(block, y, w):
        return len(block) if block[0, 0] > 0 else None

    starts = range(0, 40, 7)
    wanted = sum(min(7, 40 - i) for i in starts if X[i, 0] > 0)
    assert rows.map_reduce(where_positive, operator.add) == wanted
    assert rows.map_reduce(lambda block, y, w: None, operator.add) is None


def test_one_weight_for_all_rows():
    rows = DaskRows(array.from_array(X, chunks=(7, 6)), sample_weight=3.0)
    assert rows.map_reduce(lambda block, y, w: float(w.sum()), operator.add) == 120.0


def test_constants_may_have_any_name():
    rows = DaskRows(array.from_array(X, chunks=(7, 6)))

    def function(block, y, w, *, name, dtype, token):
        return name + dtype + token

    assert rows.map_reduce(function, max, name=1, dtype=2, token=3) == 6


def test_blocks_know_the_number_of_their_first_row():
    sizes = (7, 0, 1, 12, 20)
    rows = DaskRows(array.from_array(X, chunks=(sizes, 6)))
    found = rows.map_reduce(lambda b, y, w, *, first: [first], operator.add, numbered=True)
    assert found == [0, 7, 8, 20]


def test_what_is_at_hand_is_cut_as_the_rows_are():
    """No block needs more of it than its own part."""
    rows = DaskRows(array.from_array(X, chunks=(7, 6)), Y, W)
    assert rows.y.chunks == (rows.X.chunks[0], (2,))
    assert rows.sample_weight.chunks == (rows.X.chunks[0],)


def test_rows_that_nobody_counted_are_counted_and_the_array_stays_as_it_was():
    rows = array.from_array(X, chunks=(7, 6))
    some = rows[rows[:, 0] > 0]
    assert DaskRows(some).n_rows == np.sum(X[:, 0] > 0)
    assert np.isnan(some.shape[0])


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_rows_to_rows(shape):
    def function(block):
        return np.broadcast_to(
            block.sum(axis=1).reshape(-1, *(1,) * len(shape)), (len(block), *shape)
        )

    found = map_rows(function, array.from_array(X, chunks=(9, 2)), shape=shape, dtype=np.float64)
    assert found.shape == (40, *shape)
    assert found.chunks[0] == (9, 9, 9, 9, 4)
    np.testing.assert_allclose(found.compute(), function(X))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((array.ones(5),), "two-dimensional .* got one with 1"),
        ((array.ones((5, 0)),), "0 feature"),
        ((array.ones((5, 2)), np.ones(4)), "X has 5, y has 4"),
        ((array.ones((5, 2)), None, np.ones(4)), "X has 5, sample_weight has 4"),
        ((array.ones((5, 2)), np.ones((5, 1, 1))), "y must have one or two dimensions, got 3"),
        ((array.ones((5, 2)), array.ones((5, 1, 1))), "y must have one or two dimensions, got 3"),
    ],
    ids=range(6),
)
def test_shapes_that_do_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        DaskRows(*arguments)


def test_no_rows():
    with pytest.raises(ValueError, match="0 sample"):
        DaskRows(array.ones((0, 2))).map_reduce(lambda *block: 0, operator.add)


def test_what_is_a_dask_array():
    assert is_dask_array(array.ones(3))
    assert not is_dask_array(np.ones(3))
    assert not is_dask_array([[1.0]])
    with pytest.raises(TypeError, match=r"Delayed.* of Dask; .*X\.to_dask_array\(lengths=True\)"):
        is_dask_array(dask.delayed(1))


class ArrayOfSomeLibrary:
    """One that may hold a Dask array, as xarray's do, and here does not."""

    def __dask_graph__(self):
        return None


def test_what_only_might_be_of_dask_is_left_to_numpy():
    assert not is_dask_array(ArrayOfSomeLibrary())


def test_the_message_names_what_was_given():
    ones = array.ones((5, 2))
    with pytest.raises(TypeError, match=r"^y is a Delayed"):
        DaskRows(ones, dask.delayed(np.ones(5)))
    with pytest.raises(TypeError, match=r"^sample_weight is a Delayed"):
        DaskRows(ones, np.ones(5), dask.delayed(1.0))


def test_dask_is_not_imported_before_one_of_its_objects_arrives():
    script = """
import sys
import numpy as np
from skrmt.covariance import AnalyticalShrinkage
from skrmt.kernel_approximation import TernaryRandomFeatures
from skrmt.linear_model import SketchedRidgeEnsemble
X = np.random.default_rng(0).standard_normal((60, 20))
SketchedRidgeEnsemble(random_state=0).fit(X, X[:, 0]).predict(X)
TernaryRandomFeatures(8, random_state=0).fit(X).transform(X)
AnalyticalShrinkage().fit(X)
assert not any(name.partition(".")[0] in {"dask", "distributed"} for name in sys.modules)
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", script], check=True)
