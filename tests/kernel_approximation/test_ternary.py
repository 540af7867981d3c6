# SPDX-License-Identifier: BSD-3-Clause
"""TernaryRandomFeatures: forms of the output, invariances, streams, errors."""

import pickle
import warnings

import numpy as np
import pytest
from scipy.sparse import csc_array, csr_array, csr_matrix
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.kernel_approximation import RBFSampler
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrmt.exceptions import TheoryWarning
from skrmt.kernel_approximation import TernaryRandomFeatures, _ternary_transform, unpack_ternary
from skrmt.kernel_approximation._ternary_projection import auto_n_nonzero
from skrmt.theory import Activation, InnerProductKernel, RadialKernel, phase_kernel

PROJECTIONS = ("sparse", "hadamard", "gaussian")
VARIANTS = [
    {"activation": activation, "projection": projection}
    for activation in ("threshold", "phase")
    for projection in PROJECTIONS
]
VARIANT_IDS = [f"{v['activation']}-{v['projection']}" for v in VARIANTS]


def integer_data(n_samples=60, n_features=40, seed=0, dtype=np.float64):
    """Integers with mean 0: no sum is ever rounded, not even that of the mean."""
    half = np.random.default_rng(seed).integers(-8, 9, (n_samples // 2, n_features))
    return np.vstack([half, -half]).astype(dtype)


def levels(X, **parameters):
    parameters = {"n_components": 300, "random_state": 0, "dtype": "int8", **parameters}
    return TernaryRandomFeatures(**parameters).fit_transform(X)


# ---- forms of the output -------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", ["rbf", "relu", "abs"])
@pytest.mark.parametrize("n_components", [1, 64, 70, 300])
def test_all_forms_hold_the_same_levels(kernel, n_components):
    X = integer_data()
    Z = {}
    for dtype in ("int8", "float32", "float64", "packed", "auto"):
        features = TernaryRandomFeatures(
            n_components, kernel=kernel, dtype=dtype, random_state=0
        ).fit(X)
        Z[dtype] = features.transform(X)
        assert len(features.get_feature_names_out()) == Z[dtype].shape[1]
    assert Z["int8"].dtype == np.int8
    assert set(np.unique(Z["int8"])) <= {-1, 0, 1}
    factor = features.scale_ / np.sqrt(n_components)
    assert Z["float32"].dtype == np.float32
    np.testing.assert_array_equal(Z["float32"], Z["int8"] * np.float32(factor))
    np.testing.assert_array_equal(Z["float64"], Z["int8"] * factor)
    np.testing.assert_array_equal(Z["auto"], Z["float64"])
    np.testing.assert_array_equal(unpack_ternary(Z["packed"], n_components), Z["int8"])
    planes = 1 if features.family_ == 1 else 2
    assert Z["packed"].shape == (len(X), planes * -(-n_components // 64))
    if planes == 1:
        assert Z["int8"].min() >= 0


def test_bits_of_storage():
    Z = {
        dtype: TernaryRandomFeatures(4096, dtype=dtype, random_state=0).fit_transform(
            integer_data()
        )
        for dtype in ("float64", "float32", "int8", "packed")
    }
    bits = {dtype: 8 * z.nbytes / (60 * 4096) for dtype, z in Z.items()}
    assert bits == {"float64": 64, "float32": 32, "int8": 8, "packed": 2}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (np.float32, np.float32),
        (np.float64, np.float64),
        (np.uint8, np.float32),
        (np.int16, np.float32),
        (np.int32, np.float64),
        (np.int64, np.float64),
        (bool, np.float64),
    ],
)
def test_output_has_the_float_type_of_the_input(given, expected):
    X = (integer_data() > 0) if given is bool else abs(integer_data()).astype(given)
    assert TernaryRandomFeatures(10, random_state=0).fit_transform(X).dtype == expected


@pytest.mark.parametrize("parameters", VARIANTS, ids=VARIANT_IDS)
def test_float32_and_float64_share_the_draw(parameters):
    X = integer_data()
    Z64, Z32 = levels(X, **parameters), levels(X.astype(np.float32), **parameters)
    # rounding of a projection moves a level only within 1e-6 of a threshold
    assert np.mean(Z64 != Z32) < 1e-3


def test_set_output_pandas():
    for dtype in ("float32", "int8", "packed"):
        features = TernaryRandomFeatures(70, dtype=dtype, random_state=0)
        frame = features.set_output(transform="pandas").fit_transform(integer_data())
        assert list(frame.columns) == list(features.get_feature_names_out())
        assert frame.columns[0] == "ternaryrandomfeatures0"


# ---- invariances ---------------------------------------------------------------------------------


@pytest.mark.parametrize("parameters", VARIANTS, ids=VARIANT_IDS)
def test_shift_of_the_data_changes_nothing(parameters):
    X = integer_data()
    shift = np.random.default_rng(1).integers(-50, 50, X.shape[1])
    changed = np.mean(levels(X, **parameters) != levels(X + shift, **parameters))
    # threshold with integer weights: nothing is rounded. Else: within rounding of a threshold.
    exact = parameters["activation"] == "threshold" and parameters["projection"] != "gaussian"
    assert changed == 0 if exact else changed < 1e-3


@pytest.mark.parametrize("parameters", VARIANTS, ids=VARIANT_IDS)
@pytest.mark.parametrize("gamma", ["unit", "scale", 0.01])
def test_scale_of_the_data_changes_nothing(parameters, gamma):
    X = integer_data()
    scaled = gamma if isinstance(gamma, str) else gamma / 4.0**2
    np.testing.assert_array_equal(
        levels(X, gamma=gamma, **parameters), levels(4.0 * X, gamma=scaled, **parameters)
    )


@pytest.mark.parametrize("parameters", VARIANTS, ids=VARIANT_IDS)
@pytest.mark.parametrize("to", [csr_array, csr_matrix, csc_array], ids=lambda t: t.__name__)
def test_sparse_rows_have_the_features_of_dense_rows(to, parameters):
    X = integer_data() * (np.random.default_rng(2).random((60, 40)) < 0.3)
    np.testing.assert_array_equal(levels(to(X), **parameters), levels(X, **parameters))
    fitted = TernaryRandomFeatures(99, random_state=0, **parameters).fit(to(X))
    np.testing.assert_array_equal(fitted.transform(X), fitted.transform(to(X)))


def test_repeated_entries_of_sparse_rows_add_up():
    repeated = csr_matrix(([1.0, 2.0, 4.0, 5.0], ([0, 0, 1, 2], [1, 1, 0, 2])), shape=(3, 3))
    repeated.indices[:2], repeated.data[:2] = [1, 1], [1.0, 2.0]
    np.testing.assert_array_equal(levels(repeated), levels(repeated.toarray()))


@pytest.mark.parametrize("activation", ["threshold", "phase"])
def test_wide_sparse_rows_are_multiplied_and_not_made_dense(activation, monkeypatch):
    X = integer_data() * (np.random.default_rng(2).random((60, 40)) < 0.3)
    expected = levels(X, activation=activation)
    monkeypatch.setattr(_ternary_transform, "WIDEST_DENSE_ROW", 39)
    monkeypatch.setattr(_ternary_transform, "_write_blocks", _refuse)
    np.testing.assert_array_equal(levels(csr_array(X), activation=activation), expected)


def _refuse(*_):
    raise AssertionError("sparse data were made dense")


@pytest.mark.parametrize("parameters", VARIANTS, ids=VARIANT_IDS)
@pytest.mark.parametrize("n_jobs", [2, 3, -1])
def test_threads_change_nothing(parameters, n_jobs):
    X = np.random.default_rng(3).standard_normal((101, 40)).astype(np.float32)
    for data in (X, csr_array(X)):
        for dtype in ("int8", "packed", "float32"):
            one = levels(data, dtype=dtype, **parameters)
            np.testing.assert_array_equal(
                one, levels(data, dtype=dtype, n_jobs=n_jobs, **parameters)
            )


@pytest.mark.parametrize("projection", ["sparse", "hadamard"])
@pytest.mark.parametrize("block_bytes", [1, 1000, 1 << 30])
def test_block_size_changes_nothing(projection, block_bytes, monkeypatch):
    X = csr_array(np.random.default_rng(4).standard_normal((101, 40)))
    expected = levels(X, projection=projection)
    monkeypatch.setattr(_ternary_transform, "BLOCK_BYTES", block_bytes)
    np.testing.assert_array_equal(levels(X, projection=projection), expected)


def test_constant_columns_contribute_nothing():
    X = integer_data()
    X[:, 5] = 3
    other = X.copy()
    other[:, 5] = 7
    np.testing.assert_array_equal(
        levels(X, activation="threshold"), levels(other, activation="threshold")
    )


# ---- fit in pieces, state ------------------------------------------------------------------------


@pytest.mark.parametrize("cuts", [[30], [2], [10, 11, 40], list(range(2, 60))], ids=str)
@pytest.mark.parametrize("kernel", ["rbf", "relu"])
@pytest.mark.parametrize("to", [np.asarray, csr_array], ids=["dense", "CSR"])
def test_partial_fit_in_any_pieces_is_one_fit(cuts, kernel, to):
    X = np.random.default_rng(5).normal(2, 1, (60, 40))
    whole = TernaryRandomFeatures(200, kernel=kernel, random_state=0).fit(to(X))
    parts = TernaryRandomFeatures(200, kernel=kernel, random_state=0)
    for piece in np.split(X, cuts):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TheoryWarning)  # single rows have no typical norm
            parts.partial_fit(to(piece))
    assert parts.n_samples_seen_ == whole.n_samples_seen_ == 60
    assert parts.tau_ == pytest.approx(whole.tau_, rel=1e-12)
    np.testing.assert_allclose(parts.mean_, whole.mean_, rtol=1e-12)
    np.testing.assert_allclose(parts._rule.first, whole._rule.first, rtol=1e-9, atol=1e-12)
    assert np.mean(parts.transform(X) != whole.transform(X)) < 1e-3


def test_partial_fit_goes_on_after_fit_and_keeps_the_weights():
    X = integer_data()
    features = TernaryRandomFeatures(50, random_state=None).fit(X[:30])
    before = features.weights_
    features.partial_fit(X[30:])
    assert features.weights_ is before
    assert features.tau_ == pytest.approx(X.var(axis=0).sum(), rel=1e-12)


def test_refit_forgets_what_no_longer_applies():
    X = integer_data()
    features = TernaryRandomFeatures(50, random_state=0).fit(X)
    assert hasattr(features, "random_offset_")
    assert not hasattr(features, "thresholds_")
    features.set_params(activation="threshold").fit(X)
    assert hasattr(features, "thresholds_")
    assert not hasattr(features, "random_offset_")
    features.set_params(activation="phase").fit(X)
    assert not hasattr(features, "thresholds_")


def test_failed_partial_fit_leaves_the_statistics_alone():
    X = integer_data()
    features = TernaryRandomFeatures(50, random_state=0).fit(X)
    Z = features.transform(X)
    for bad in (X[:, :-1], np.full_like(X, np.nan), np.full_like(X, 1e300)):
        with pytest.raises(ValueError, match=r"features|NaN|overflows"):
            features.partial_fit(bad)
    assert features.n_samples_seen_ == len(X)
    np.testing.assert_array_equal(features.transform(X), Z)


def test_set_params_after_fit_does_not_change_the_features():
    X = integer_data()
    features = TernaryRandomFeatures(50, random_state=0).fit(X)
    Z = features.transform(X)
    features.set_params(n_components=7, kernel="relu", gamma=3.0, activation="threshold")
    np.testing.assert_array_equal(features.transform(X), Z)


def test_pickle_and_clone():
    X = integer_data()
    kernel = RadialKernel(np.cos)
    features = TernaryRandomFeatures(50, random_state=0).fit(X)
    again = pickle.loads(pickle.dumps(features))
    np.testing.assert_array_equal(again.transform(X), features.transform(X))
    assert clone(TernaryRandomFeatures(kernel=kernel)).kernel == kernel


def test_random_state_instance_advances():
    X, rng = integer_data(), np.random.RandomState(0)
    features = TernaryRandomFeatures(50, random_state=rng)
    assert (features.fit_transform(X) != features.fit_transform(X)).any()


def test_grid_search_in_a_pipeline_on_real_data():
    X, y = load_digits(return_X_y=True)
    model = make_pipeline(
        StandardScaler(), TernaryRandomFeatures(256, random_state=0), RidgeClassifier()
    )
    name = "ternaryrandomfeatures"
    grid = {f"{name}__projection": ["sparse", "hadamard"], f"{name}__gamma": ["unit", "scale"]}
    search = GridSearchCV(model, grid, cv=3).fit(X[:900], y[:900])
    peer = make_pipeline(
        StandardScaler(),
        RBFSampler(n_components=256, gamma=1 / 128, random_state=0),
        RidgeClassifier(),
    )
    peer.fit(X[:900], y[:900])
    # 897 test rows, some 5 % errors: two standard errors of the difference are .02
    assert search.score(X[900:], y[900:]) > peer.score(X[900:], y[900:]) - 0.02


# ---- defaults ------------------------------------------------------------------------------------


def test_auto_n_nonzero():
    known = {1: 1, 2: 2, 3: 3, 4: 4, 8: 4, 16: 4, 20: 8, 42: 16, 60: 16, 92: 32, 784: 32, 10**6: 32}
    assert {p: auto_n_nonzero(p) for p in known} == known


@pytest.mark.parametrize(
    ("n_nonzero", "expected"), [("auto", 16), (1, 1), (40, 40), (0.5, 20), (1.0, 40), (0.001, 1)]
)
def test_n_nonzero(n_nonzero, expected):
    features = TernaryRandomFeatures(10, n_nonzero=n_nonzero, random_state=0).fit(integer_data())
    assert features.n_nonzero_ == expected
    weights = features.weights_.project(np.eye(40))
    np.testing.assert_array_equal(np.count_nonzero(weights, axis=0), expected)


def test_gamma_scale_is_that_of_scikit_learn():
    X = np.random.default_rng(0).normal(3, 2, (50, 20)) * np.arange(1, 21)
    for data in (X, csr_array(X)):
        features = TernaryRandomFeatures(10, gamma="scale").fit(data)
        assert features.gamma_ == pytest.approx(1 / (20 * X.var()), rel=1e-12)
        assert RBFSampler(gamma="scale").fit(X)._gamma == pytest.approx(features.gamma_, rel=1e-12)
    assert TernaryRandomFeatures(10).fit(X).gamma_ == pytest.approx(1 / (2 * X.var(axis=0).sum()))
    assert TernaryRandomFeatures(10, kernel="relu").fit(X).gamma_ is None


def test_auto_activation_is_phase_for_rbf_only():
    X = integer_data()
    assert TernaryRandomFeatures(10).fit(X).activation_ == "phase"
    assert TernaryRandomFeatures(10, kernel="exponential").fit(X).activation_ == "threshold"
    assert TernaryRandomFeatures(10, kernel=np.arctan).fit(X / 30).activation_ == "threshold"


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
        ({"kernel": "laplacian"}, "'kernel'.*Got 'laplacian'"),
        ({"kernel": 3}, "'kernel'.*Got 3"),
        ({"dtype": "int4"}, "'dtype'.*Got 'int4'"),
        ({"projection": "dense"}, "'projection'.*Got 'dense'"),
        ({"activation": "odd"}, "'activation'.*Got 'odd'"),
        ({"activation": "phase", "kernel": "relu"}, "kernel='rbf' only, got kernel='relu'"),
        ({"kernel": "relu", "kernel_params": {"slope": 1}}, "slope"),
        ({"kernel": "polynomial", "kernel_params": {"coefficients": (1.0,)}}, "no linear or quadr"),
        ({"kernel": RadialKernel(np.sqrt)}, "positive definite"),
        ({"kernel": InnerProductKernel(lambda t: -t)}, "positive definite"),
        ({"kernel": Activation(lambda t: np.zeros_like(t))}, "variance 0"),
        ({"kernel": lambda t: t * np.nan}, "finite"),
    ],
)
def test_bad_parameters(parameters, message):
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
        with pytest.warns(TheoryWarning, match=message) as caught:
            features.fit(X)
        assert caught[0].filename == __file__


def test_auto_projection():
    rng = np.random.default_rng(0)

    def chosen(p, **parameters):
        features = TernaryRandomFeatures(10, random_state=0, **parameters)
        return features.fit(rng.standard_normal((5, p))).projection_

    assert [chosen(p) for p in (1, 33, 34, 1000)] == ["hadamard", "hadamard", "sparse", "sparse"]
    assert chosen(10, n_nonzero=5) == "sparse"
    assert chosen(1000, projection="hadamard") == "hadamard"


@pytest.mark.parametrize("projection", ["auto", "gaussian"])
def test_one_input(projection):
    X = np.linspace(-2, 2, 50)[:, np.newaxis]
    features = TernaryRandomFeatures(6400, gamma=1.0, projection=projection, random_state=0)
    Z = features.fit_transform(X)
    # 2500 entries of standard error below pi^2 / 6 / 80 = .02: six of them bound the largest. A
    # Hadamard weight is a mean of 64 signs, of excess kurtosis -2/64: .004 on the kernel, at most.
    error = np.abs(Z @ Z.T - phase_kernel((X - X.T) ** 2, 1.0)).max()
    assert error < 6 * np.pi**2 / 6 / 80 + 0.004
