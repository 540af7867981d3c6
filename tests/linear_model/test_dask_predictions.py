# SPDX-License-Identifier: BSD-3-Clause
"""Predictions and intervals of ridge models for the rows of Dask arrays."""

import pickle

import numpy as np
import pytest
from dask import array
from scipy.sparse import csr_matrix

from skrmt.linear_model import SketchedRidgeEnsemble

N, P = 700, 30


def rows(n=N, p=P, n_targets=None):
    """Rows far from 0, and targets with noise."""
    rng = np.random.default_rng(0)
    X = 5 + rng.standard_normal((n, p))
    Y = X[:, : n_targets or 1] + rng.standard_normal((n, n_targets or 1))
    return X, Y if n_targets else Y[:, 0]


def in_blocks(X):
    return array.from_array(X, chunks=((100, 1, 350, 249), X.shape[1]))


@pytest.fixture(autouse=True)
def nobody_gathers(monkeypatch):
    """Make NumPy's conversion of a Dask array an error."""

    def refuse(self, *args, **kwargs):
        raise AssertionError("all rows are asked for in one place")

    monkeypatch.setattr(array.Array, "__array__", refuse)


@pytest.mark.parametrize("n_targets", [None, 2])
@pytest.mark.parametrize("container", [np.asarray, csr_matrix])
def test_blocks_without_rows_and_rows_that_nobody_counted_are_predicted(n_targets, container):
    X, y = rows(n_targets=n_targets)
    model = SketchedRidgeEnsemble(sketch_size=10, random_state=0).fit(X, y)
    kept = np.ones(N, bool)
    kept[100:300] = kept[3] = False  # the second of four blocks, and some of another
    dask_X = array.from_array(X, chunks=((100, 200, 150, 250), P)).map_blocks(container)
    uncounted = dask_X[array.from_array(kept, chunks=(dask_X.chunks[0],))]
    assert np.isnan(uncounted.shape[0])
    whole = array.from_array(X[kept], chunks=((99, 0, 400), P)).map_blocks(container)
    for given in (uncounted, whole):
        for method, ends in (("predict", ()), ("predict_interval", (2,))):
            found = getattr(model, method)(given)
            assert isinstance(found, array.Array)
            expected = getattr(model, method)(X[kept])
            assert found.shape[1:] == expected.shape[1:] == ends + np.shape(y)[1:]
            assert found.dtype == expected.dtype
            np.testing.assert_allclose(found.compute(), expected, rtol=1e-12)
    nothing = dask_X[:0]
    assert model.predict(nothing).compute().shape == (0, *np.shape(y)[1:])
    assert model.predict_interval(nothing).compute().shape == (0, 2, *np.shape(y)[1:])


@pytest.mark.parametrize("symmetric", [False, True])
def test_intervals_have_the_type_of_those_of_rows_at_hand(symmetric):
    X, y = rows()
    X = X.astype(np.float32)
    model = SketchedRidgeEnsemble(sketch_size=10, random_state=0).fit(X, y)
    found = model.predict_interval(in_blocks(X), symmetric=symmetric)
    expected = model.predict_interval(X, symmetric=symmetric)
    assert found.dtype == found.compute().dtype == expected.dtype
    # predictions are float32: BLAS may sum the products of other blocks in another order
    np.testing.assert_allclose(found.compute(), expected, rtol=P * np.finfo(np.float32).eps)


def test_no_residuals_are_sent_with_a_prediction():
    """The tasks of an interval hold the coefficients and two quantiles, whatever the rows were."""
    X, y = rows(n=20_000, p=4)
    model = SketchedRidgeEnsemble(sketch=None, alphas=1.0).fit(X, y)
    new = array.ones((10, 4), chunks=(5, 4))
    for found in (model.predict(new), model.predict_interval(new)):
        assert (
            len(pickle.dumps(dict(found.__dask_graph__()))) < model.corrected_residuals_.nbytes / 4
        )


def test_bad_blocks_are_refused_when_they_are_predicted():
    X, y = rows()
    model = SketchedRidgeEnsemble(sketch_size=10, random_state=0).fit(X, y)
    X[500, 2] = np.nan
    found = model.predict(in_blocks(X))
    with pytest.raises(ValueError, match="X contains NaN"):
        found.compute()
    with pytest.raises(ValueError, match="confidence_level"):
        model.predict_interval(in_blocks(X), 1.5)
