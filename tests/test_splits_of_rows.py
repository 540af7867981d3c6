# SPDX-License-Identifier: BSD-3-Clause
"""Rows in batches, however they are split: one model, and a state of one size."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from skrmt.covariance import AnalyticalShrinkage, SpikedCovariance
from skrmt.kernel_approximation import TernaryRandomFeatures
from skrmt.linear_model import SketchedRidgeEnsemble

N, P = 60, 24
PATH = ("alpha_", "alphas_", "risk_path_", "coef_", "intercept_")
MATRIX = ("location_", "covariance_", "precision_", "eigenvalues_", "shrunk_eigenvalues_")
FEATURES = ("mean_", "tau_", "scale_", "gamma_", "predicted_standard_error_", "ridge_shift_")


def _ridge(**params):
    return SketchedRidgeEnsemble(random_state=0, n_members=3, sketch_size=6, **params)


# Each with what is to be the same, and whether rows have weights.
ADDITIVE = {
    "ridge, gcv": (_ridge(criterion="gcv", n_reservoir=5), PATH, True),
    "ridge, loo of all rows": (_ridge(criterion="loo", n_reservoir=N), PATH, True),
    "ridge, one penalty": (
        _ridge(alphas=1.0, negative_alphas=False, n_reservoir=5),
        ("coef_", "intercept_", "mu_"),
        True,
    ),
    "ridge, not sketched": (
        SketchedRidgeEnsemble(sketch=None, sketch_size=P, criterion="gcv", n_reservoir=5),
        PATH,
        True,
    ),
    "analytical shrinkage": (
        AnalyticalShrinkage(),
        (*MATRIX, "predicted_loss_", "predicted_sample_loss_"),
        True,
    ),
    "correlations": (AnalyticalShrinkage(scale=True), MATRIX, True),
    "spiked covariance": (
        SpikedCovariance(),
        (*MATRIX, "noise_variance_", "spikes_", "cosines_", "predicted_loss_"),
        True,
    ),
    "ternary, threshold": (
        TernaryRandomFeatures(64, activation="threshold", random_state=0),
        (*FEATURES, "thresholds_"),
        False,
    ),
    "ternary, phase": (TernaryRandomFeatures(64, random_state=0), FEATURES, False),
}
every_additive = pytest.mark.parametrize("case", ADDITIVE)
# Two batches of two rows may be of very unequal norms.
few_rows = pytest.mark.filterwarnings("ignore:The rows of X have very unequal norms")


def _rows(n=N, offset=1e4, seed=0):
    rng = np.random.default_rng(seed)
    # Two directions stand out, so that spikes and penalties are well inside their ranges.
    Z = rng.standard_normal((n, P)) * np.repeat([4.0, 1.0], [2, P - 2])
    y = Z @ rng.standard_normal(P) / 5 + rng.standard_normal(n)
    return Z + offset, y, rng.integers(3, 9, n) / 4


def _streamed(model, X, y, weights, parts):
    for rows in parts:
        given = {} if weights is None else {"sample_weight": weights[rows]}
        model.partial_fit(X[rows], y[rows], **given)
    return model


@few_rows
@every_additive
@settings(max_examples=15)
@given(
    cuts=st.lists(st.integers(1, N - 1), max_size=8, unique=True),
    weighted=st.booleans(),
    offset=st.sampled_from([0.0, 1e4]),
)
def test_any_split_gives_the_model_of_one_fit(case, cuts, weighted, offset):
    model, names, takes_weights = ADDITIVE[case]
    X, y, weights = _rows(offset=offset)
    weights = weights if weighted and takes_weights else None
    given = {} if weights is None else {"sample_weight": weights}
    parts = np.split(np.arange(N), sorted(cuts))
    found = _streamed(clone(model), X, y, weights, parts)
    expected = clone(model).fit(X, y, **given)
    for name in names:
        ours, theirs = (np.asarray(getattr(m, name), dtype=float) for m in (found, expected))
        theirs, ours = theirs[np.isfinite(theirs)], ours[np.isfinite(theirs)]
        # Means of numbers of 1e4 are right to 1e4 eps, which is 2e-12 of the deviations.
        scale = np.abs(theirs).max(initial=0)
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8 * scale, err_msg=name)


def _state(model):
    """Bytes of the arrays in a pickle, and of all else in it."""
    buffers = []
    rest = pickle.dumps(model, protocol=5, buffer_callback=buffers.append)
    return sum(buffer.raw().nbytes for buffer in buffers), len(rest)


@few_rows
@every_additive
@pytest.mark.parametrize("weighted", [False, True])
def test_ten_times_the_rows_leave_a_state_of_the_same_size(case, weighted):
    model, _, takes_weights = ADDITIVE[case]
    model = clone(model)
    if "n_reservoir" in model.get_params():
        model.set_params(n_reservoir=50)
    sizes = []
    for n in (300, 3000):
        X, y, weights = _rows(n)
        weights = weights if weighted and takes_weights else None
        parts = np.array_split(np.arange(n), 10)
        sizes.append(_state(_streamed(clone(model), X, y, weights, parts)))
    (few, rest_of_few), (many, rest_of_many) = sizes
    assert few == many
    # Only numbers of rows may have a digit more.
    assert abs(rest_of_many - rest_of_few) < 16
    assert many + rest_of_many < 8 * 3000 * P / 5  # the fifth part of the rows
