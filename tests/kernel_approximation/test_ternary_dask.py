# SPDX-License-Identifier: BSD-3-Clause
"""TernaryRandomFeatures of Dask arrays."""

import subprocess
import sys

import dask
import dask.array as da
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.pipeline import make_pipeline

from skrmt.exceptions import TheoryWarning
from skrmt.kernel_approximation import TernaryRandomFeatures, unpack_ternary

ROWS = np.random.default_rng(0).normal(2, 1, (60, 40))
CHUNKINGS = [(60, 40), (13, 40), (1, 40), (17, 9), ((2, 58), (39, 1))]


@pytest.fixture(autouse=True)
def scheduler():
    with dask.config.set(scheduler="threads"):
        yield


def features(**parameters):
    return TernaryRandomFeatures(**{"n_components": 100, "random_state": 0, **parameters})


def unknown_sizes(X, chunks=13):
    """Rows of which Dask does not know how many a block has, and a block without any."""
    padded = np.vstack([X, np.zeros((chunks, X.shape[1]))]).astype(X.dtype)
    given = da.from_array(padded, chunks=(chunks, -1))
    return given[(da.abs(given).sum(axis=1) > 0)]


def assert_same_fit(found, expected):
    assert found.n_samples_seen_ == expected.n_samples_seen_
    assert found.n_features_in_ == expected.n_features_in_
    assert found.tau_ == pytest.approx(expected.tau_, rel=1e-8)
    np.testing.assert_allclose(found.mean_, expected.mean_, rtol=1e-8)
    # Least variance: thresholds are known to the root of its rounding, 1.5e-8.
    assert found.scale_ == pytest.approx(expected.scale_, rel=1e-8)
    if "thresholds_" in vars(expected):
        np.testing.assert_allclose(found.thresholds_, expected.thresholds_, rtol=1e-8)


def assert_same_levels(found, expected):
    np.testing.assert_array_equal(np.sign(found), np.sign(expected))


@pytest.mark.parametrize("chunks", CHUNKINGS, ids=str)
@pytest.mark.parametrize("kernel", ["rbf", "relu"])
def test_fit_and_transform_are_those_of_numpy(chunks, kernel):
    given = da.from_array(ROWS, chunks=chunks)
    expected = features(kernel=kernel).fit(ROWS)
    found = features(kernel=kernel).fit(given)
    assert_same_fit(found, expected)
    Z = found.transform(given)
    assert isinstance(Z, da.Array)
    assert (Z.shape, Z.dtype) == ((60, 100), np.float64)
    assert_same_levels(Z.compute(), expected.transform(ROWS))
    assert_same_levels(found.transform(ROWS), expected.transform(ROWS))


@pytest.mark.parametrize("kernel", ["rbf", "relu"])
def test_sizes_that_are_not_known(kernel):
    given = unknown_sizes(ROWS)
    assert np.isnan(given.shape[0])
    found, expected = features(kernel=kernel).fit(given), features(kernel=kernel).fit(ROWS)
    assert_same_fit(found, expected)
    assert_same_levels(found.transform(given).compute(), expected.transform(ROWS))


def test_sparse_blocks():
    X = np.maximum(ROWS - 2.5, 0)
    given = da.from_array(X, chunks=(13, -1)).map_blocks(csr_array)
    found, expected = features(kernel="relu").fit(given), features(kernel="relu").fit(csr_array(X))
    assert_same_fit(found, expected)
    assert_same_levels(found.transform(given).compute(), expected.transform(X))


@pytest.mark.parametrize("pieces", [[1, 2, 30], [20]], ids=str)
def test_batches_of_any_kind_and_merge(pieces):
    parts, merged = features(), None
    for i, piece in enumerate(np.split(ROWS, pieces)):
        given = da.from_array(piece, chunks=(7, -1)) if i % 2 == 0 else piece
        parts.partial_fit(given)
        worker = features().partial_fit(given)
        merged = worker if merged is None else merged.merge(worker)
    expected = features().fit(ROWS)
    for found in (parts, merged):
        assert_same_fit(found, expected)
        assert_same_levels(found.transform(ROWS), expected.transform(ROWS))


@pytest.mark.parametrize("given", ["float64", "float32", "int64", "uint8", "bool", "float16"])
@pytest.mark.parametrize("dtype", ["auto", "int8", "float32", "packed"])
def test_type_of_the_output(given, dtype):
    X = np.floor(np.abs(ROWS - 2) * 2).astype(given)
    rows = da.from_array(X, chunks=(13, -1))
    Z = features(dtype=dtype).fit_transform(rows)
    expected = features(dtype=dtype).fit_transform(X)
    assert (Z.shape, Z.dtype) == (expected.shape, expected.dtype)
    computed = Z.compute()
    assert computed.dtype == expected.dtype
    if dtype == "packed":
        computed, expected = (unpack_ternary(packed, 100) for packed in (computed, expected))
    np.testing.assert_array_equal(computed, expected)


def test_nothing_is_gathered_and_transform_is_lazy(monkeypatch):
    """Blocks are seen, never more rows than one of them has, and none before it is asked for."""
    seen = []

    def watched(block):
        seen.append(len(block))
        return block

    given = da.from_array(ROWS, chunks=(13, -1)).map_blocks(watched, meta=np.empty((0, 0)))
    refused = "the rows of a Dask array were gathered"
    monkeypatch.setattr(da.Array, "__array__", lambda *a, **k: pytest.fail(refused))
    for kernel, passes in (("rbf", 1), ("relu", 2)):
        seen.clear()
        found = features(kernel=kernel).fit(given)
        assert sorted(seen) == sorted([13, 13, 13, 13, 8] * passes)
    seen.clear()
    Z = found.transform(given)
    assert seen == []
    Z[:10].compute()
    assert seen == [13]
    make_pipeline(features(), features(random_state=1)).fit_transform(given)


def test_bad_rows_are_refused_and_the_earlier_fit_stays():
    given = da.from_array(ROWS, chunks=(13, -1))
    fitted = features().fit(given)
    before = fitted.transform(ROWS)
    bad = ROWS.copy()
    bad[50, 3] = np.nan
    equal = da.ones((60, 40), chunks=(13, -1))
    for X, message in (
        (da.from_array(bad, chunks=(13, -1)), "NaN"),
        (equal, "zero variance"),
        (given[:1], "1 sample"),
        (given[:0], "0 sample"),
        (given[0], "two-dimensional"),
        (equal * 1e300 * (da.arange(60, chunks=13)[:, None] - 30), "overflows"),
    ):
        with pytest.raises(ValueError, match=message):
            fitted.fit(X)
    for method in (fitted.partial_fit, fitted.transform):
        with pytest.raises(ValueError, match="39 features"):
            method(given[:, 1:])
    with pytest.raises(ValueError, match="NaN"):
        fitted.transform(da.from_array(bad, chunks=(13, -1))).compute()
    np.testing.assert_array_equal(fitted.transform(ROWS), before)


def test_names_of_columns_are_forgotten_and_missed():
    frame, given = pd.DataFrame(ROWS).add_prefix("x"), da.from_array(ROWS, chunks=(13, -1))
    fitted = features().fit(frame)
    with pytest.warns(UserWarning, match="does not have valid feature names") as caught:
        fitted.transform(given).compute()
    assert len(caught) == 1  # once, not for every block
    assert not hasattr(fitted.fit(given), "feature_names_in_")
    with pytest.raises(TypeError, match="to_dask_array"):
        fitted.fit(dask.delayed(ROWS))  # another collection


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_no_frame_of_all_rows(container):
    given = da.from_array(ROWS, chunks=(13, -1))
    fitted = features().fit(given)
    with config_context(transform_output=container), pytest.raises(ValueError, match="gather"):
        fitted.transform(given)
    fitted.set_output(transform=container)
    with pytest.raises(ValueError, match=rf"set_output\(transform='{container}'\) would gather"):
        fitted.transform(given)
    assert len(fitted.transform(ROWS).columns) == 100


def test_unequal_norms_are_said_as_for_numpy():
    X = ROWS - 2
    X[::2] *= 10
    messages = []
    for given in (X, da.from_array(X, chunks=(13, -1)), da.from_array(X, chunks=(1, -1))):
        with pytest.warns(TheoryWarning, match="very unequal norms") as caught:
            features(kernel="relu").fit(given)
        messages.append(str(caught[0].message))
        assert caught[0].filename == __file__
    assert len(set(messages)) == 1


def test_dask_is_not_imported_before_its_arrays_arrive():
    script = (
        "import sys, numpy as np\n"
        "from skrmt.kernel_approximation import TernaryRandomFeatures\n"
        "X = np.eye(9)\n"
        "TernaryRandomFeatures(5).fit(X).partial_fit(X).transform(X)\n"
        "assert not {'dask', 'distributed'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
