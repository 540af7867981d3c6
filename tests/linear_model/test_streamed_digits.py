# SPDX-License-Identifier: BSD-3-Clause
"""What moments, and rows in float32, can still tell: penalties that are allowed, digits lost."""

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.preprocessing import scale

from skrmt.exceptions import TheoryWarning
from skrmt.linear_model import SketchedRidgeEnsemble
from skrmt.linear_model._moment_digits import scale_ratio
from skrmt.linear_model._row_samples import reservoir_sample
from skrmt.linear_model._streamed_path import member_moments, streamed_path

# Sketches side by side; the rows as they are; no sketch.
LAYOUTS = {
    "sketched": {"n_members": 2, "sketch_size": 5, "partition": False},
    "raw": {"n_members": 5, "sketch_size": 8},
    "no sketch": {"sketch": None},
}
in_every_layout = pytest.mark.parametrize("layout", LAYOUTS)


def _data(n=120, p=16, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    return X, X @ rng.standard_normal(p) + rng.standard_normal(n)


def _model(layout, **params):
    return SketchedRidgeEnsemble(
        **{"random_state": 0, "n_reservoir": 30, **LAYOUTS[layout]}, **params
    )


@in_every_layout
def test_coefficients_at_a_ridge_that_leaves_little_are_those_of_that_ridge(layout):
    X, y = _data()
    stream = _model(layout).partial_fit(X, y)._stream
    moments, N = member_moments(stream), len(y)
    k_min = [np.linalg.eigvalsh(moments.gram(k, k))[0] / N for k in range(stream.plan.n_members)]
    ridges = -np.min(k_min) * np.array([0.5, 0.96, 0.99])
    path = streamed_path(stream, moments, reservoir_sample(stream), ridges, leave_one_out=True)
    np.testing.assert_array_equal(path.feasible, [True, False, False])
    for k, coef in enumerate(path.coefs):
        G, C = moments.gram(k, k) / N, moments.cross(k)[:, 0] / N
        for j, ridge in enumerate(ridges):
            expected = np.linalg.solve(G + ridge * np.eye(len(G)), C)
            # The smallest eigenvalue left is a hundredth of one that is of the order of 1.
            np.testing.assert_allclose(coef[:, 0, j], expected, rtol=1e-8)


@in_every_layout
@pytest.mark.parametrize("n_reservoir", [30, 2000])
def test_a_single_penalty_is_refused_where_fit_refuses_it(layout, n_reservoir):
    X, y = _data()
    model = _model(layout).set_params(n_reservoir=n_reservoir)
    stream = clone(model).partial_fit(X, y)._stream
    moments = member_moments(stream)
    smallest = min(np.linalg.eigvalsh(moments.gram(k, k))[0] for k in range(stream.plan.n_members))
    model.set_params(alphas=-0.9 * smallest)
    streamed, fitted = clone(model).partial_fit(X, y), clone(model).fit(X, y)
    np.testing.assert_allclose(streamed.coef_, fitted.coef_, rtol=1e-8)
    model.set_params(alphas=-0.96 * smallest)
    with pytest.raises(ValueError, match=r"alphas=.* must be larger than"):
        clone(model).fit(X, y)
    with pytest.raises(ValueError, match=r"alphas=.* must be larger than"):
        clone(model).partial_fit(X, y).predict(X)


@pytest.mark.filterwarnings("ignore:Columns of X have variances")
@in_every_layout
@pytest.mark.parametrize("offset", [0.0, 100.0])
@pytest.mark.parametrize("widest", [1e-2, 1e-5])
def test_float32_rows_allow_the_penalties_that_they_allow_in_fit(layout, offset, widest):
    X, y = _data()
    rng = np.random.default_rng(1)
    rotation = np.linalg.qr(rng.standard_normal((16, 16)))[0]
    X = (X * np.geomspace(1, widest, 16) @ rotation + offset).astype(np.float32)
    alphas = np.array([0.0, 1e-12, 1e-3, 1.0, 1e6])
    for criterion in ("loo", "gcv"):
        model = _model(layout, alphas=alphas, criterion=criterion, negative_alphas=False)
        fitted = clone(model).fit(X, y)
        for n_reservoir in (2000, 30):
            streamed = clone(model).set_params(n_reservoir=n_reservoir).partial_fit(X, y)
            np.testing.assert_array_equal(
                np.isfinite(streamed.risk_path_), np.isfinite(fitted.risk_path_)
            )
            if n_reservoir == 2000:
                # eps of float32, times the condition number at the smallest ridge, 1e3.
                np.testing.assert_allclose(streamed.risk_path_, fitted.risk_path_, rtol=1e-3)
                assert streamed.alpha_ == fitted.alpha_


def _stamped(seed=0):
    """Columns of 0 and 1, and time stamps in nanoseconds."""
    rng = np.random.default_rng(seed)
    X = rng.integers(2, size=(120, 16)).astype(float)
    X[:, 3] = 1.7e18 + 1e9 * np.arange(120)
    return X, X[:, 0] - X[:, 1] + rng.standard_normal(120)


@in_every_layout
@pytest.mark.parametrize("sparse", [False, True])
def test_columns_of_too_different_scale_are_told(layout, sparse):
    X, y = _stamped()
    if sparse:
        X[:, 3] -= 1.7e18
    model = _model(layout).partial_fit(csr_array(X) if sparse else X, y)
    with pytest.warns(TheoryWarning, match=r"Standardise the columns, e\.g\. with StandardScaler"):
        model.predict(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(X)  # once a solution
        _model(layout).set_params(n_reservoir=2000).partial_fit(X, y).predict(X)  # rows are there
        _model(layout).partial_fit(scale(X), y).predict(X)


@in_every_layout
@pytest.mark.parametrize("container", [np.asarray, csr_array])
@pytest.mark.parametrize("far", [False, True])
def test_singular_moments_of_columns_of_like_scale_are_not(layout, container, far):
    """Constants, copies and sums of columns are null directions, whatever the digits."""
    X, y = _data()
    X[:, 3], X[:, 4], X[:, 5] = 1 / 3, X[:, 0], 1e-3 * (X[:, 1] - X[:, 2])
    X[:, 6] = 0
    if far:
        X[:, 7] = 1e6
        X[:, 8] += 1e3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = _model(layout)
        for rows in np.array_split(np.arange(len(y)), 7):
            model.partial_fit(container(X[rows]), y[rows])
        assert np.isfinite(model.predict(X)).all()


def test_scales_are_compared_among_columns_that_vary():
    assert scale_ratio(np.array([4.0, 1.0, 0.0]), np.zeros(3)) == 0.25
    assert scale_ratio(np.array([4.0, 1e-15]), np.array([0.0, 7.0])) == 1.0
    assert scale_ratio(np.array([4.0, 1e-15]), np.zeros(2)) == 2.5e-16
    assert scale_ratio(np.zeros(2), np.ones(2)) == 1.0


@pytest.mark.parametrize("n_reservoir", [30, 2000])
def test_gcv_with_too_little_weight_is_refused_as_in_fit(n_reservoir):
    X, y = _data()
    model = _model("no sketch", criterion="gcv").set_params(n_reservoir=n_reservoir)
    model.partial_fit(X, y, np.full(120, 0.01))
    with pytest.raises(ValueError, match="rescale sample_weight to mean 1"):
        model.predict(X)


@in_every_layout
def test_intervals_do_not_depend_on_the_scale_of_precisions(layout):
    X, y = _data()
    w = np.random.default_rng(1).uniform(0.5, 2, 120)
    one, ten = (
        _model(layout, alphas=a).partial_fit(X, y, s * w) for s, a in ((1.0, 3.0), (0.01, 0.03))
    )
    np.testing.assert_allclose(one.predict_interval(X, 0.8), ten.predict_interval(X, 0.8))


def test_duplicate_entries_of_sparse_rows_are_summed():
    X, y = _data()
    X = np.where(np.abs(X) < 1, 0, X)
    rows, columns = X.nonzero()
    values = X[rows, columns]
    starts = np.concatenate([[0], np.cumsum(2 * np.bincount(rows, minlength=120))])
    parts = np.column_stack([2 * values, -values]).ravel()  # which is exact
    twice = csr_array((parts, columns.repeat(2), starts), shape=X.shape)
    assert twice.nnz == 2 * len(values)
    for sketch in ("sparse", None):
        model = _model("sketched").set_params(sketch=sketch)
        dense = clone(model).fit(X, y)
        np.testing.assert_allclose(clone(model).fit(twice, y).alphas_, dense.alphas_)
        batches = clone(model).partial_fit(X, y)
        doubled = clone(model).partial_fit(twice, y)
        np.testing.assert_allclose(doubled.alphas_, batches.alphas_)
        np.testing.assert_allclose(doubled.corrected_residuals_, batches.corrected_residuals_)
    assert twice.nnz == 2 * len(values)  # the user's matrix does not change
