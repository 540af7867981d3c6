# SPDX-License-Identifier: BSD-3-Clause
"""TernaryRandomFeatures: bad input, and data far from the theory."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.pipeline import make_pipeline

from skrmt.exceptions import TheoryWarning
from skrmt.kernel_approximation import TernaryRandomFeatures
from skrmt.theory import Activation, InnerProductKernel, RadialKernel

# ---- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_components": 0}, "'n_components'.*Got 0"),
        ({"n_components": 2.5}, "'n_components'.*Got 2.5"),
        ({"n_nonzero": -3}, "'n_nonzero'.*Got -3"),
        ({"n_nonzero": 0}, "'n_nonzero'.*Got 0"),
        ({"n_nonzero": -0.1}, "'n_nonzero'.*Got -0.1"),
        ({"n_nonzero": 1.5}, "'n_nonzero'.*Got 1.5"),
        ({"n_nonzero": float("nan")}, "'n_nonzero'.*Got nan"),
        ({"n_nonzero": 41}, "n_nonzero=41 is larger than the number of features of X, 40"),
        ({"gamma": 0.0}, "'gamma'.*Got 0.0"),
        ({"gamma": -1}, "'gamma'.*Got -1"),
        ({"gamma": float("inf")}, "'gamma'.*Got inf"),
        ({"gamma": "auto"}, "'gamma'.*Got 'auto'"),
        ({"n_jobs": 0}, "'n_jobs'.*Got 0"),
        ({"kernel_params": {"gamma": 1}}, "key 'gamma'; use the parameter gamma"),
        ({"kernel": "relu", "kernel_params": {1: 2}}, "got the key 1"),
        ({"kernel": "laplacian"}, "'kernel'.*Got 'laplacian'"),
        ({"kernel": 3}, "'kernel'.*Got 3"),
        ({"dtype": "int4"}, "'dtype'.*Got 'int4'"),
        ({"projection": "dense"}, "'projection'.*Got 'dense'"),
        ({"activation": "odd"}, "'activation'.*Got 'odd'"),
        ({"activation": "phase", "kernel": "relu"}, "kernel='rbf' only, got kernel='relu'"),
        ({"kernel": "relu", "kernel_params": {"slope": 1}}, "slope"),
        ({"kernel": "cubic", "kernel_params": {"coefficients": (1.0,)}}, "no linear or quadr"),
        ({"kernel": RadialKernel(np.sqrt)}, "positive definite"),
        ({"kernel": InnerProductKernel(lambda t: -t)}, "positive definite"),
        ({"kernel": Activation(lambda t: np.zeros_like(t))}, "variance 0"),
        ({"kernel": lambda t: t * np.nan}, "finite"),
    ],
)
def test_bad_parameters(integer_data, parameters, message):
    features = TernaryRandomFeatures(**{"random_state": 0, **parameters})
    with pytest.raises(ValueError, match=message):
        features.fit(integer_data())
    assert not [name for name in vars(features) if name.endswith("_") or name.startswith("_")]


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.ones((1, 3)), "1 sample"),
        (np.ones((5, 3)), "zero variance.*n_samples = 5"),
        (csr_array(np.ones((5, 3))), "zero variance"),
        (csr_array((5, 3)), "zero variance"),
        (np.full((5, 3), 0.1), "zero variance"),
        (np.array([[1.0, np.nan], [1.0, 2.0]]), "NaN"),
        (np.array([[1.0, np.inf], [1.0, 2.0]]), "infinity"),
        (np.array([[1e200, 1.0], [-1e200, 2.0]]), "overflows"),
        (np.ones(4), "1D array"),
    ],
)
def test_bad_data(X, message):
    with pytest.raises(ValueError, match=message):
        TernaryRandomFeatures(5).fit(X)


def test_few_features_and_unequal_norms_are_said_for_thresholds_only():
    rng = np.random.default_rng(0)
    few, unequal = rng.standard_normal((50, 15)), rng.standard_normal((50, 40))
    unequal[::2] *= 10
    for X, message in [(few, "n_features=15 is small"), (unequal, "very unequal norms")]:
        TernaryRandomFeatures(5, random_state=0).fit(X)  # phase: no warning
        features = TernaryRandomFeatures(5, activation="threshold", random_state=0)
        for fit in (features.fit, features.fit_transform, make_pipeline(features).fit):
            with pytest.warns(TheoryWarning, match=message) as caught:
                fit(X)
            assert caught[0].filename == __file__


@pytest.mark.parametrize(("kernel", "gamma"), [("cos", "unit"), ("matern32", 10.0)])
def test_target_that_is_nearly_the_identity_is_said(kernel, gamma):
    X = np.random.default_rng(0).standard_normal((50, 50)) / (1 if kernel == "cos" else 7)
    with pytest.warns(TheoryWarning, match="nearly a multiple of the identity"):
        TernaryRandomFeatures(5, kernel=kernel, gamma=gamma, random_state=0).fit(X)


def test_uncertain_quadrature_is_said_at_the_users_line():
    X = np.random.default_rng(0).standard_normal((50, 40))
    features = TernaryRandomFeatures(5, kernel=lambda t: np.maximum(t, 0), random_state=0)
    for fit in (features.fit, features.fit_transform, make_pipeline(features).fit):
        with pytest.warns(TheoryWarning, match="uncertain.*breakpoints") as caught:
            fit(X)
        assert caught[0].filename == __file__


@pytest.mark.parametrize("kernel", ["rbf", "exponential", "relu"])
@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1e-78, 1e78, 1e150])
def test_extreme_scales_name_the_remedy(kernel, scale):
    X = np.random.default_rng(0).standard_normal((50, 40)) * scale
    with pytest.raises(ValueError, match="rescale X"):
        TernaryRandomFeatures(5, kernel=kernel).fit(X)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("end", ["tiny", "max"])
def test_values_near_the_ends_of_the_float_type(dtype, end):
    scale = float(getattr(np.finfo(dtype), end)) ** (0.9 if dtype == np.float32 else 0.2)
    X = (np.random.default_rng(0).standard_normal((20, 40)) * scale).astype(dtype)
    if dtype == np.float64:  # 1e-61 and 1e61: fourth powers are representable
        TernaryRandomFeatures(5).fit(X)
        X *= scale**2
    with pytest.raises(ValueError, match="rescale X"):
        TernaryRandomFeatures(5).fit(X)


@pytest.mark.parametrize("gamma", [1e-300, 1e-15, 1e15])
def test_gamma_out_of_proportion_to_the_data(gamma):
    X = np.random.default_rng(0).standard_normal((20, 40))
    with pytest.raises(ValueError, match=f"gamma={gamma!r} makes the kernel .* Set gamma near"):
        TernaryRandomFeatures(5, gamma=gamma).fit(X)


def test_auto_projection():
    rng = np.random.default_rng(0)

    def chosen(p, **parameters):
        features = TernaryRandomFeatures(10, random_state=0, **parameters)
        return features.fit(rng.standard_normal((5, p))).projection_

    expected = ["gaussian", "gaussian", "hadamard", "hadamard"]
    assert [chosen(p) for p in (1, 16, 17, 1000)] == expected
    assert chosen(10, n_nonzero=5) == "sparse"
    assert chosen(10, projection="hadamard") == "hadamard"
