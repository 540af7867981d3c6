# SPDX-License-Identifier: BSD-3-Clause
"""Dask arrays: the estimator of the same samples in memory, from statistics of the blocks."""

import dask
import dask.array as da
import numpy as np
import pandas as pd
import pytest
from covariance_cases import assert_same_model, draw, with_spikes
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skrmt.covariance import AnalyticalShrinkage, SpikedCovariance
from skrmt.covariance._dask_samples import DaskSamples
from skrmt.covariance._moments import MomentStatistic, RowStatistic

MODELS = [
    AnalyticalShrinkage(),
    AnalyticalShrinkage(scale=True),
    AnalyticalShrinkage(assume_centered=True, ddof=4),
    SpikedCovariance(loss="stein"),
]
every_model = pytest.mark.parametrize("model", MODELS, ids=repr)
both = pytest.mark.parametrize("Estimator", [AnalyticalShrinkage, SpikedCovariance])
CHUNKS = {
    "rows": (16, 20),
    "one": (-1, -1),
    "columns, too": (33, 7),
    "uneven": ((1, 3, 0, 60, 36), (20,)),
}
in_any_chunks = pytest.mark.parametrize("chunks", CHUNKS.values(), ids=list(CHUNKS))


@pytest.fixture(autouse=True)
def never_gathered(monkeypatch):
    """Run in threads, and refuse to make a NumPy array of a Dask array."""

    def refuse(self, *args, **kwargs):
        raise AssertionError("all rows in one place")

    monkeypatch.setattr(da.Array, "__array__", refuse)
    with dask.config.set(scheduler="threads", num_workers=2):
        yield


def _samples(n=100, p=20, *, offset=1e4):
    return draw(with_spikes(p, 20.0, 8.0, 4.0), n, 0) + offset


def _in_blocks(X, chunks=(16, -1)):
    return da.from_array(X, chunks=chunks)


@every_model
@in_any_chunks
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_fit_is_that_of_the_samples_in_memory(model, chunks, dtype):
    X = _samples(offset=0 if model.assume_centered else 1e4).astype(dtype)
    found, expected = (clone(model).fit(data) for data in (_in_blocks(X, chunks), X))
    assert found.covariance_.dtype == found.location_.dtype == dtype
    assert isinstance(found.covariance_, np.ndarray)
    # Rounded to the float type in the end; sums are float64.
    assert_same_model(found, expected, 1e-8 if dtype == np.float64 else 2e-7)
    assert found.n_features_in_ == 20


@every_model
@pytest.mark.parametrize("shape", [(30, 50), (49, 50), (51, 50)])
def test_about_as_many_samples_as_features(model, shape):
    X = _samples(*shape, offset=5)
    assert_same_model(clone(model).fit(_in_blocks(X, (7, -1))), clone(model).fit(X))


# A weight says repetitions, and repeated samples are not white.
@pytest.mark.filterwarnings("ignore::skrmt.exceptions.TheoryWarning")
@every_model
@pytest.mark.parametrize("form", ["array", "Dask", "a number"])
def test_weights_go_with_their_blocks(model, form):
    X = _samples(offset=5)
    weights = np.random.default_rng(1).integers(0, 9, 100) / 4
    weights[16:48] = 0  # two blocks without a weight
    if form == "a number":
        weights = 2.5
    given = da.from_array(weights, chunks=9) if form == "Dask" else weights
    expected = clone(model).fit(X, sample_weight=weights)
    found = clone(model).fit(_in_blocks(X), sample_weight=given)
    assert_same_model(found, expected)
    halves = clone(model).partial_fit(_in_blocks(X))
    assert_same_model(
        halves.partial_fit(_in_blocks(X), sample_weight=given),
        clone(model).partial_fit(X).partial_fit(X, sample_weight=weights),
    )


@every_model
def test_sizes_need_not_be_known(model):
    X = _samples(offset=0)
    some = _in_blocks(X)
    some = some[some[:, 0] > 0]
    assert np.isnan(some.shape[0])
    assert_same_model(clone(model).fit(some), clone(model).fit(X[X[:, 0] > 0]))


@every_model
def test_batches_of_either_kind_go_on(model):
    X = _samples(offset=0)
    streamed = clone(model).partial_fit(_in_blocks(X[:30])).partial_fit(X[30:50])
    streamed.partial_fit(_in_blocks(X[50:], (11, -1)))
    assert_same_model(streamed, clone(model).fit(X))
    part = clone(model).fit(_in_blocks(X[:60]))
    assert_same_model(part.merge(clone(model).fit(X[60:])), clone(model).fit(X))


@pytest.mark.filterwarnings("ignore::skrmt.exceptions.TheoryWarning")
def test_linear_shrinkage_of_repeated_samples_takes_a_second_pass():
    """Five different rows in units of their own, of which moments do not tell enough."""
    X = np.tile(np.random.default_rng(0).standard_normal((5, 20)), (20, 1)) * np.arange(1, 21)
    model = AnalyticalShrinkage(scale=True)
    assert_same_model(clone(model).fit(_in_blocks(X)), clone(model).fit(X))
    weights = np.arange(100) % 3
    assert_same_model(
        clone(model).fit(_in_blocks(X), sample_weight=weights),
        clone(model).fit(X, sample_weight=weights),
    )
    with pytest.raises(NotFittedError, match="needs the samples"):
        _ = model.partial_fit(_in_blocks(X)).covariance_


def test_blocks_are_read_once():
    read = []

    def counted(block):
        read.append(len(block))
        return block

    X = _in_blocks(_samples()).map_blocks(counted, meta=np.empty((0, 0)))
    for model in MODELS:
        read.clear()
        model = clone(model).fit(X)
        assert sum(read) == 100


@pytest.mark.parametrize("size", [5, 30, 100])
def test_no_more_rows_than_columns_are_held(size, monkeypatch):
    held = []
    joined = RowStatistic.joined

    def noted(self, other):
        found = joined(self, other)
        held.append(len(found.rows))
        return found

    monkeypatch.setattr(RowStatistic, "joined", noted)
    samples = DaskSamples(_in_blocks(_samples(200), (size, -1)), centre=True, name="test")
    assert isinstance(samples.statistic(1), MomentStatistic)
    assert max(held, default=0) < 20
    # Of fewer samples than features nothing is smaller than the samples.
    few = DaskSamples(_in_blocks(_samples(19), (size, -1)), centre=True, name="test")
    assert isinstance(few.statistic(1), RowStatistic)


@every_model
def test_distances_and_likelihood_are_those_of_the_rows_in_memory(model):
    X, new = _samples(), _samples(300)[100:]
    fitted = clone(model).fit(X)
    distances = fitted.mahalanobis(_in_blocks(new))
    assert isinstance(distances, da.Array) and distances.dtype == np.float64
    np.testing.assert_allclose(distances.compute(), fitted.mahalanobis(new), rtol=1e-8)
    assert fitted.score(_in_blocks(new)) == pytest.approx(fitted.score(new), rel=1e-8)
    unknown = _in_blocks(new)
    unknown = unknown[unknown[:, 0] > 1e4]
    np.testing.assert_allclose(
        fitted.mahalanobis(unknown).compute(), fitted.mahalanobis(new[new[:, 0] > 1e4]), rtol=1e-8
    )
    with pytest.raises(ValueError, match="expecting 20 features"):
        fitted.mahalanobis(_in_blocks(new[:, 1:]))
    for ask in ("score", "mahalanobis"):
        with pytest.raises(NotFittedError):
            getattr(clone(model), ask)(_in_blocks(new))


@both
def test_bad_input_is_refused_as_in_memory(Estimator):
    X = _samples()
    bad = X.copy()
    bad[70, 3] = np.nan
    negative = -np.ones(100)
    model = Estimator().fit(X)
    before = model.covariance_
    for data, weights, reason in [
        (bad, None, "Input X contains NaN"),
        (X + 0j, None, "Complex data not supported"),
        (X[:1], None, r"at least 2 samples, got n_samples=1"),
        (X[:0], None, r"at least 2 samples, got n_samples=0|minimum of 1 is required"),
        (X[:, :0], None, r"0 feature\(s\)"),
        (X, negative, "Negative values in data passed to `sample_weight`"),
        (X, np.zeros(100), "at least one non-zero number"),
        (X, np.ones(99), "inconsistent numbers of samples"),
        (X, np.ones((100, 2)), "must be 1D array or scalar"),
        (X, np.full(100, 0.01), "needs at least 2 samples, and more than the 1 degrees"),
        (X, np.full(100, np.nan), "contains NaN"),
        (X[0], None, "two-dimensional Dask array"),
    ]:
        with pytest.raises(ValueError, match=reason):
            model.fit(da.from_array(data, chunks=16), sample_weight=weights)
        assert model.covariance_ is before
    sparse = _in_blocks(X).map_blocks(csr_array, meta=csr_array((0, 0)))
    with pytest.raises(TypeError, match="blocks of X are sparse"):
        model.fit(sparse)
    with pytest.raises(ValueError, match="expecting 20 features"):
        model.partial_fit(_in_blocks(X[:, 1:]))
    for ask in (model.mahalanobis, model.score, model.partial_fit):
        with pytest.raises(ValueError, match="two-dimensional Dask array X, got one with 1 dim"):
            ask(_in_blocks(X)[:, 0])
    for stream in (model, Estimator()):
        with pytest.raises(ValueError, match=r"0 sample\(s\).* minimum of 1 is required"):
            stream.partial_fit(_in_blocks(X)[:0])
    assert model.n_samples_seen_ == 100


@both
def test_names_of_columns_are_forgotten_and_missed(Estimator):
    X = pd.DataFrame(_samples(p=5), columns=list("abcde"))
    model = Estimator().fit(X)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.partial_fit(_in_blocks(X.to_numpy()))
    assert not hasattr(model.fit(_in_blocks(X.to_numpy())), "feature_names_in_")
