# SPDX-License-Identifier: BSD-3-Clause
"""Parts of the samples, merged: the same estimator as of all of them."""

import pickle
from functools import reduce
from warnings import catch_warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from covariance_cases import assert_same_model, draw, with_spikes
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skrmt.covariance import AnalyticalShrinkage, SpikedCovariance
from skrmt.covariance._moments import MomentStatistic, RowStatistic
from skrmt.exceptions import TheoryWarning

MODELS = [
    AnalyticalShrinkage(),
    AnalyticalShrinkage(scale=True),
    AnalyticalShrinkage(assume_centered=True, ddof=4),
    SpikedCovariance(loss="stein"),
]
every_model = pytest.mark.parametrize("model", MODELS, ids=repr)


def _samples(n, p=20, *, offset=1e4):
    weights = np.random.default_rng(1).integers(1, 9, n) / 4
    return draw(with_spikes(p, 20.0, 8.0, 4.0), n, 0) + offset, weights


# Means of numbers of 1e4 are known to 1e4 eps sqrt(n); relative to deviations of 1 that is 1e-11.
@every_model
@given(
    n=st.sampled_from([18, 20, 21, 60]),
    cuts=st.lists(st.integers(1, 59), max_size=6, unique=True),
    weighted=st.booleans(),
    tree=st.booleans(),
)
def test_any_parts_in_any_order_of_merging_are_all_samples(model, n, cuts, weighted, tree):
    X, weights = _samples(n)
    if model.assume_centered:
        X -= 1e4
    parts = [rows for rows in np.split(np.arange(n), sorted(cuts)) if len(rows)]

    def of(rows):
        return clone(model).partial_fit(X[rows], sample_weight=weights[rows] if weighted else None)

    expected = clone(model).fit(X, sample_weight=weights if weighted else None)
    if tree:
        models = [of(rows) for rows in parts]
        while len(models) > 1:
            pairs = [models[i : i + 2] for i in range(0, len(models), 2)]
            models = [reduce(lambda a, b: a.merge(b), pair) for pair in pairs]
        (found,) = models
    else:
        found = reduce(
            lambda m, rows: m.partial_fit(
                X[rows], sample_weight=weights[rows] if weighted else None
            ),
            parts,
            clone(model),
        )
    assert_same_model(found, expected)


@every_model
def test_fitted_parts_merge_and_go_on(model):
    X, _ = _samples(90, offset=0)
    first, second = clone(model).fit(X[:40]), clone(model).fit(X[40:70])
    assert "covariance_" in vars(first)
    before = joblib.hash(vars(second))
    assert first.merge(second) is first
    assert joblib.hash(vars(second)) == before
    assert "covariance_" not in vars(first)
    assert_same_model(first, clone(model).fit(X[:70]))
    assert_same_model(first.partial_fit(X[70:]), clone(model).fit(X))


def test_an_estimator_may_be_merged_with_itself():
    X, _ = _samples(30)
    model = SpikedCovariance().fit(X)
    assert_same_model(model.merge(model), SpikedCovariance().fit(np.concatenate([X, X])))


@pytest.mark.parametrize("Estimator", [AnalyticalShrinkage, SpikedCovariance])
def test_parts_too_small_to_be_fitted_merge(Estimator):
    X, _ = _samples(2, 3)
    one, other = (Estimator().partial_fit(row[np.newaxis]) for row in X)
    with pytest.raises(NotFittedError):
        _ = one.covariance_
    with catch_warnings(action="ignore", category=TheoryWarning):
        assert_same_model(one.merge(other), Estimator().fit(X))
    assert one.n_samples_seen_ == 2


def test_the_wider_float_type_stays():
    X, _ = _samples(60)
    single = AnalyticalShrinkage().fit(X[:30].astype(np.float32))
    assert single.covariance_.dtype == np.float32
    assert single.merge(AnalyticalShrinkage().fit(X[30:])).covariance_.dtype == np.float64


def test_what_does_not_belong_together_is_refused():
    X, _ = _samples(30)
    frame = pd.DataFrame(X, columns=[f"a{j}" for j in range(X.shape[1])])
    model = AnalyticalShrinkage().fit(X)
    before = joblib.hash(vars(model))
    with pytest.raises(TypeError, match="other must be a AnalyticalShrinkage, got SpikedCov"):
        model.merge(SpikedCovariance().fit(X))
    for other, reason in [
        (AnalyticalShrinkage(), "other has kept nothing; call partial_fit"),
        (AnalyticalShrinkage(scale=True).fit(X), "scale is False here and True in other"),
        (AnalyticalShrinkage(ddof=2).fit(X), "ddof is None here and 2 in other"),
        (AnalyticalShrinkage().fit(X[:, :-1]), "self has seen 20 features and other 19"),
        (AnalyticalShrinkage().fit(frame), "feature names of self and other differ"),
        (
            AnalyticalShrinkage(assume_centered=True).fit(X).set_params(assume_centered=False),
            "assume_centered=False was True for the samples before",
        ),
    ]:
        with pytest.raises(ValueError, match=reason):
            model.merge(other)
    with pytest.raises(ValueError, match="self has kept nothing"):
        AnalyticalShrinkage().merge(model)
    assert joblib.hash(vars(model)) == before


@every_model
def test_the_state_of_a_stream_does_not_grow(model):
    X, weights = _samples(900, 15)
    sizes = []
    streamed = clone(model)
    for start in range(0, 900, 30):
        at = slice(start, start + 30)
        streamed.partial_fit(X[at], sample_weight=weights[at])
        sizes.append(sum(np.asarray(a).nbytes for a in vars(streamed._statistic).values()))
    assert isinstance(streamed._statistic, MomentStatistic)
    assert len(set(sizes)) == 1
    assert len(pickle.dumps(streamed)) < 15 * 15 * 8 + 4000


def test_weights_far_below_one_do_not_keep_every_row():
    """Few degrees of freedom keep rows, but no more of them than a batch of moments takes."""
    model, rng = AnalyticalShrinkage(), np.random.default_rng(0)
    kept = []
    for _ in range(12):
        model.partial_fit(rng.standard_normal((2**15, 8)), sample_weight=1e-6)
        kept.append(isinstance(model._statistic, RowStatistic))
    assert kept[0] and not kept[-1]
