# SPDX-License-Identifier: BSD-3-Clause
"""TernaryRandomFeatures: any split of the rows, and merging what workers have seen."""

import copy
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skrmt.kernel_approximation import TernaryRandomFeatures
from skrmt.theory import RadialKernel

ROWS = np.random.default_rng(0).standard_normal((60, 40))


def features(**parameters):
    return TernaryRandomFeatures(**{"n_components": 100, "random_state": 0, **parameters})


def _cauchy(t):
    return 1 / (1 + t / 80)


def _squared_cauchy(t):
    return _cauchy(t) ** 2


def assert_same_fit(found, expected, X):
    """Compare what the rows decide on, and the levels of rows."""
    assert found.n_samples_seen_ == expected.n_samples_seen_
    assert found.tau_ == pytest.approx(expected.tau_, rel=1e-8)
    np.testing.assert_allclose(found.mean_, expected.mean_, rtol=1e-8)
    if expected.activation_ == "threshold":
        # The thresholds are where a variance is least, which is known to the root of its rounding,
        # 1.5e-8; the variance itself does not notice.
        np.testing.assert_allclose(found.thresholds_, expected.thresholds_, rtol=1e-8)
    assert found.scale_ == pytest.approx(expected.scale_, rel=1e-8)
    levels = [np.sign(estimator.transform(X)) for estimator in (found, expected)]
    if X.dtype == np.float64:
        # Of 6000 projections none lies within 1e-8 of a threshold with probability .999.
        np.testing.assert_array_equal(*levels)
    else:
        # float32 rounds rows of size 1e4 to 1e-3; moments are float64, rules differ by rounding.
        assert np.count_nonzero(levels[0] != levels[1]) <= 60


@settings(max_examples=25, deadline=None)
@given(
    cuts=st.lists(st.integers(1, 59), max_size=8),
    kernel=st.sampled_from(["rbf", "relu"]),
    offset=st.sampled_from([0.0, 1e4]),
    dtype=st.sampled_from(["float32", "float64"]),
    sparse=st.booleans(),
)
def test_any_split_of_the_rows_is_one_fit(cuts, kernel, offset, dtype, sparse):
    X = (ROWS + offset).astype(dtype)
    to = csr_array if sparse else np.asarray
    whole = features(kernel=kernel).fit(to(X))
    parts, merged = features(kernel=kernel), None
    for piece in np.split(X, sorted(set(cuts))):
        parts.partial_fit(to(piece))
        worker = features(kernel=kernel).partial_fit(to(piece))
        merged = worker if merged is None else merged.merge(worker)
    assert_same_fit(parts, whole, X)
    assert_same_fit(merged, whole, X)


def test_row_by_row_is_one_fit():
    parts = features()
    for i in range(60):
        parts.partial_fit(ROWS[i : i + 1])
    assert_same_fit(parts, features().fit(ROWS), ROWS)


def test_fitted_when_two_different_rows_were_seen():
    parts, other = features(), features()
    for row in (ROWS[:1], ROWS[:1], np.repeat(ROWS[:1], 3, axis=0)):
        parts.partial_fit(row)
        with pytest.raises(NotFittedError):
            check_is_fitted(parts)
        with pytest.raises(NotFittedError):
            parts.transform(ROWS)
    assert parts.n_samples_seen_ == 5
    other.partial_fit(ROWS[:1])
    with pytest.raises(NotFittedError):
        pickle.loads(pickle.dumps(other)).merge(parts).transform(ROWS)
    parts.merge(features().partial_fit(ROWS[1:2]))
    check_is_fitted(parts)
    seen = np.vstack([np.repeat(ROWS[:1], 5, axis=0), ROWS[1:2]])
    assert_same_fit(parts, features().fit(seen), ROWS)


def test_refused_second_row_leaves_the_first():
    parts = features().partial_fit(ROWS[:1])
    before = joblib.hash(vars(parts))
    with pytest.raises(ValueError, match="overflows"):
        parts.partial_fit(ROWS[:1] * 1e300)
    with pytest.raises(ValueError, match="features"):
        parts.partial_fit(ROWS[:1, :-1])
    assert joblib.hash(vars(parts)) == before


def test_merge_of_fits_leaves_the_other_alone():
    first, other = features().fit(ROWS[:20]), features(n_jobs=2).fit(ROWS[20:])
    before = joblib.hash(vars(other))
    assert first.merge(other) is first
    assert joblib.hash(vars(other)) == before
    assert_same_fit(first, features().fit(ROWS), ROWS)
    first.partial_fit(ROWS[:5])
    assert first.n_samples_seen_ == 65


def test_narrow_rows_bound_the_spread_of_all():
    """Rows that are projected in float32 may not spread beyond it, whatever else was seen."""
    narrow = features().fit(ROWS.astype(np.float32))
    wide = features().fit(ROWS * 1e35)
    with pytest.raises(ValueError, match="too near to the ends of float32"):
        narrow.merge(wide)
    assert features().fit(ROWS).merge(wide).n_samples_seen_ == 120


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"gamma": 0.1}, "gamma is 'unit' here and 0.1 in other"),
        ({"dtype": "int8"}, "dtype is 'auto' here and 'int8' in other"),
        ({"kernel": "relu"}, "kernel is 'rbf' here and 'relu' in other"),
        ({"n_components": 99}, "n_components is 100 here and 99 in other"),
        ({"random_state": 1}, "weights of self and other differ.*same integer random_state"),
        ({"random_state": None}, "weights of self and other differ"),
    ],
    ids=str,
)
def test_merge_refuses_other_parameters_and_weights(changed, message):
    first, other = features().fit(ROWS), features(**changed).fit(ROWS)
    before = joblib.hash(vars(first))
    with pytest.raises(ValueError, match=message):
        first.merge(other)
    assert joblib.hash(vars(first)) == before


@pytest.mark.parametrize("projection", ["sparse", "hadamard", "gaussian"])
def test_merge_takes_the_same_weights_from_elsewhere(projection):
    first = features(projection=projection, random_state=None).fit(ROWS)
    other = pickle.loads(pickle.dumps(first))
    assert copy.deepcopy(first).merge(other).n_samples_seen_ == 120
    with pytest.raises(ValueError, match="weights"):
        other.merge(features(projection=projection, random_state=None).fit(ROWS))


def test_merge_compares_kernels_and_their_parameters():
    first = features(kernel=RadialKernel(_cauchy)).fit(ROWS)
    again = pickle.loads(pickle.dumps(features(kernel=RadialKernel(_cauchy)).fit(ROWS)))
    assert first.merge(again).n_samples_seen_ == 120
    with pytest.raises(ValueError, match="kernel is"):
        first.merge(features(kernel=RadialKernel(_squared_cauchy)).fit(ROWS))
    steep = {"kernel": "leaky_relu", "kernel_params": {"positive_slope": 0.5}}
    first = features(**steep).fit(ROWS)
    assert first.merge(features(**copy.deepcopy(steep)).fit(ROWS)).n_samples_seen_ == 120
    with pytest.raises(ValueError, match="kernel_params is"):
        first.merge(features(kernel="leaky_relu", kernel_params={"positive_slope": 0.1}).fit(ROWS))


def test_merge_refuses_what_has_no_rows_or_other_columns():
    fitted, frame = features().fit(ROWS), pd.DataFrame(ROWS).add_prefix("x")
    with pytest.raises(TypeError, match="other must be a TernaryRandomFeatures, got int"):
        fitted.merge(3)
    with pytest.raises(ValueError, match="other has kept nothing; call partial_fit"):
        fitted.merge(features())
    with pytest.raises(ValueError, match="self has kept nothing"):
        features().merge(fitted)
    with pytest.raises(ValueError, match="self has seen 40 features and other 39"):
        fitted.merge(features().fit(ROWS[:, 1:]))
    with pytest.raises(ValueError, match="feature names"):
        fitted.merge(features().fit(frame))
    assert features().fit(frame).merge(features().fit(frame)).n_samples_seen_ == 120
    with pytest.raises(ValueError, match=r"n_components is 7 here and 100 in other"):
        fitted.set_params(n_components=7).merge(features().fit(ROWS))
