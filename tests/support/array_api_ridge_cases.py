# SPDX-License-Identifier: BSD-3-Clause
"""What SketchedRidgeEnsemble owes to arrays of other libraries, as functions for a process.

The process needs SCIPY_ARRAY_API=1 before SciPy is imported. array-api-strict's second device
refuses to become a NumPy array unless it is moved on purpose, by one function.
"""

import pickle
import warnings

import array_api_strict
import dask.array
import numpy as np
from array_libraries import is_at_hand, to_torch
from sklearn import config_context
from sklearn.utils.estimator_checks import estimator_checks_generator

from skrmt.linear_model import SketchedRidgeClassifier, SketchedRidgeCV, SketchedRidgeEnsemble
from skrmt.utils import _arrays

DEVICE = array_api_strict.Device("device1")
NO_FLOAT64 = array_api_strict.Device("no_float64")
TO = {
    "torch": to_torch,
    "strict": lambda array: array_api_strict.asarray(array, device=DEVICE),
}
# Eigenvectors differ by the rounding of two LAPACKs; small eigenvalues of the designs here are
# 1e-2 of the largest, and float32 rows carry 6e-8 each.
CLOSE = {np.float64: 1e-9, np.float32: 1e-3}
ATTRIBUTES = (
    "coef_",
    "intercept_",
    "corrected_residuals_",
    "risk_path_",
    "alphas_",
    "mus_",
    "df_path_",
    "alpha_",
    "risk_1_",
    "risk_inf_",
    "cv_results_",
)


def draw(n_samples, n_features, dtype=np.float64, *, weights=None, n_targets=3):
    """Rows far from 0, targets, and weights that are precisions or repetitions."""
    rng = np.random.default_rng(0)
    X = (rng.standard_normal((n_samples, n_features)) + 2).astype(dtype)
    Y = X[:, :4] @ rng.standard_normal((4, n_targets)) + rng.standard_normal((n_samples, n_targets))
    w = None
    if weights == "precisions":
        w = rng.uniform(0.5, 2, n_samples)
    elif weights == "repetitions":
        w = rng.integers(0, 4, n_samples).astype(np.float64)
    return X, Y.astype(dtype), w


def numpy_of(value):
    """NumPy's copy of a fitted value."""
    return np.asarray(value if np.isscalar(value) else _arrays.on_host(value))


def assert_close(found, expected, share, name):
    """Same shape, dtype and infinities, and numbers up to a share of the largest."""
    found, expected = numpy_of(found), np.asarray(expected)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype), name
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(np.isfinite(found), finite, err_msg=name)
    scale = np.abs(expected[finite]).max(initial=0.0)
    np.testing.assert_allclose(found[finite], expected[finite], rtol=0, atol=share * scale)


def agrees(library, shape, dtype, weights, one_target, options):
    """Fit, prediction, interval, score and risk are those of NumPy."""
    X, Y, w = draw(*shape, dtype, weights=weights)
    y, to = (Y[:, 0] if one_target else Y), TO[library]
    model = SketchedRidgeEnsemble(4, random_state=0, **options)
    expected, share = pickle.loads(pickle.dumps(model)), CLOSE[dtype]
    with warnings.catch_warnings(), config_context(array_api_dispatch=True):
        # repetitions and the edge of a grid are warned of whatever the library
        warnings.filterwarnings("ignore", message="(sample_weight holds|The best of alphas)")
        expected.fit(X, y, w)
        model.fit(to(X), to(y), None if w is None else to(w))
        for name in ATTRIBUTES:
            if hasattr(expected, name):
                assert_close(getattr(model, name), getattr(expected, name), share, name)
        new = X[:7] + X[1:8]
        assert type(model.coef_) is type(model.predict(to(X))) is type(to(X))
        assert_close(model.predict(to(new)), expected.predict(new), share, "predict")
        for symmetric in (False, True):
            assert_close(
                model.predict_interval(to(new), 0.8, symmetric=symmetric),
                expected.predict_interval(new, 0.8, symmetric=symmetric),
                share,
                "predict_interval",
            )
        assert abs(model.score(to(X), to(y)) - expected.score(X, y)) < share
        if options.get("sketch", "") is not None:
            assert_close(model.risk(2), expected.risk(2), share, "risk")
        assert_close(model.risk(), expected.risk(), share, "risk")


def wide_spectra_agree(library):
    """Where a product would lose the small directions, singular values come from the device."""
    rng, to = np.random.default_rng(0), TO[library]
    for n, p, large in ((120, 40, 1), (40, 60, 20)):
        X = rng.standard_normal((n, p))
        X[:, :large] *= 1e7
        y = X[:, -1] + 0.1 * rng.standard_normal(n)
        model = SketchedRidgeEnsemble(sketch=None, alphas=[1e-3, 1.0, 1e3])
        with config_context(array_api_dispatch=True):
            expected = SketchedRidgeEnsemble(sketch=None, alphas=[1e-3, 1.0, 1e3]).fit(X, y)
            model.fit(to(X), to(y))
            # a direction of size 1 beside one of 1e7: its eigenvalue has 1e-16 * 1e7 relative error
            assert_close(model.coef_, expected.coef_, 1e-7, "coef_")
            assert_close(model.risk_path_, expected.risk_path_, 1e-7, "risk_path_")


def low_rank_agrees_without_float64(n):
    """A product in float32 has rounding of its own: 20 directions are told from 6 of noise."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, 20)) @ rng.standard_normal((20, 26))
    y = X[:, :3].sum(axis=1) + rng.standard_normal(n)
    X, y = X.astype(np.float32), y.astype(np.float32)
    for alphas in (0.0, [1e-12, 0.1, 1.0]):
        model = SketchedRidgeEnsemble(sketch=None, alphas=alphas)
        expected = pickle.loads(pickle.dumps(model)).fit(X, y)
        with warnings.catch_warnings(), config_context(array_api_dispatch=True):
            warnings.filterwarnings("ignore", message="The best of alphas")
            model.fit(*(array_api_strict.asarray(a, device=NO_FLOAT64) for a in (X, y)))
        assert model.coef_.dtype == array_api_strict.float32
        np.testing.assert_allclose(expected.df_path_[0], 21, atol=1e-6)  # one for the intercept
        # float32 rows carry 6e-8 each, and the smallest direction has 1e-2 of the largest
        for name in ("df_path_", "risk_path_", "coef_"):
            assert_close_numbers(getattr(model, name), getattr(expected, name), 1e-3)
        assert_close_numbers(model.df_path_[0], 21.0, 1e-5)


def small_directions_without_float64():
    """Columns 1e-2 of the others have eigenvalues of 1e-4, of which a float32 product has few."""
    rng = np.random.default_rng(0)
    for n, p, large in ((120, 40, 1), (40, 60, 20)):
        X = rng.standard_normal((n, p))
        X[:, :large] *= 1e2
        y = X[:, -1] + 0.1 * rng.standard_normal(n)
        X, y = X.astype(np.float32), y.astype(np.float32)
        expected = SketchedRidgeEnsemble(sketch=None, alphas=1.0).fit(X, y)
        model = SketchedRidgeEnsemble(sketch=None, alphas=1.0)
        with config_context(array_api_dispatch=True):
            model.fit(*(array_api_strict.asarray(a, device=NO_FLOAT64) for a in (X, y)))
        # singular values are known to 1e2 * 6e-8 of the small columns, and the smallest direction
        # of these is some ten times smaller
        assert_close_numbers(model.coef_, expected.coef_, 2e-4)
        assert_close_numbers(model.risk_path_, expected.risk_path_, 2e-4)


def assert_close_numbers(found, expected, share):
    """Finite numbers up to a share of the largest, whatever the float types are."""
    expected = np.asarray(expected)
    assert np.isfinite(expected).all()
    with config_context(array_api_dispatch=True):
        found = numpy_of(found)
    np.testing.assert_allclose(found, expected, rtol=0, atol=share * np.abs(expected).max())


def rows_stay(criterion, sketch):
    """Nothing that has an entry for each row comes to the host; NumPy is refused elsewhere."""
    n = 400
    X, Y, w = draw(n, 30, weights="repetitions")
    kept, moved = np.flatnonzero(w), []
    X, Y, w, to = X[kept], Y[kept], w[kept], TO["strict"]
    n, original = len(kept), _arrays.to_numpy

    def recorded(array, xp):
        moved.append(array.shape)
        return original(array, xp)

    _arrays.to_numpy = recorded
    try:
        with warnings.catch_warnings(), config_context(array_api_dispatch=True):
            warnings.filterwarnings("ignore", message="sample_weight holds")
            model = SketchedRidgeEnsemble(4, sketch=sketch, criterion=criterion, random_state=0)
            model.fit(to(X), to(Y), to(w))
            model.predict_interval(to(X))
            model.risk(2)
    finally:
        _arrays.to_numpy = original
    assert moved
    assert n not in {length for shape in moved for length in shape}


def followers_move():
    """Targets and weights come from anywhere, and go where X is."""
    X, Y, w = draw(60, 20, weights="precisions")
    with config_context(array_api_dispatch=True):
        expected = SketchedRidgeEnsemble(random_state=0).fit(X, Y, w)
        for to_X in (TO["torch"], TO["strict"], np.asarray):
            for to_y in (TO["torch"], TO["strict"], np.asarray, np.ndarray.tolist):
                model = SketchedRidgeEnsemble(random_state=0).fit(to_X(X), to_y(Y), to_y(w))
                assert_close(model.coef_, expected.coef_, 1e-9, "coef_")
        model = SketchedRidgeEnsemble(random_state=0).fit(TO["torch"](X), Y, 2.0)
        assert_close(
            model.coef_, SketchedRidgeEnsemble(random_state=0).fit(X, Y, 2.0).coef_, 1e-9, ""
        )
        grid = TO["strict"](np.array([1.0, 10.0, 100.0]))
        model = SketchedRidgeEnsemble(alphas=grid, random_state=0).fit(TO["strict"](X), Y)
        assert numpy_of(model.alphas_).tolist() == [1.0, 10.0, 100.0]


def workers_change_nothing():
    """A device has threads of its own: `n_jobs` gives the same bits."""
    X, Y, _ = draw(60, 20)
    with config_context(array_api_dispatch=True):
        one, two = (
            SketchedRidgeEnsemble(random_state=0, n_jobs=n_jobs).fit(TO["torch"](X), TO["torch"](Y))
            for n_jobs in (None, 2)
        )
        assert (one.coef_ == two.coef_).all()


def without_dispatch_all_is_numpy():
    """As everywhere in scikit-learn, arrays of other libraries are converted then."""
    X, Y, _ = draw(60, 20)
    model = SketchedRidgeEnsemble(random_state=0).fit(to_torch(X), to_torch(Y))
    expected = SketchedRidgeEnsemble(random_state=0).fit(X, Y)
    np.testing.assert_array_equal(model.coef_, expected.coef_)


def scorer_judges(library):
    """A scorer sees corrected predictions in the library of X."""
    X, Y, _ = draw(80, 20)
    with config_context(array_api_dispatch=True):
        model = SketchedRidgeEnsemble(scoring="r2", random_state=0)
        expected = SketchedRidgeEnsemble(scoring="r2", random_state=0).fit(X, Y)
        model.fit(TO[library](X), TO[library](Y))
        assert abs(model.best_score_ - expected.best_score_) < 1e-9
        assert abs(float(model.alpha_) - expected.alpha_) < 1e-9 * expected.alpha_


def _numpy_scorer(estimator, X, y):
    return -np.mean(np.square(np.asarray(y) - np.asarray(estimator.predict(X))))


def _message(error, call, *args):
    try:
        call(*args)
    except error as raised:
        return str(raised)
    raise AssertionError(f"{call} did not raise {error.__name__}")


def refusals():
    """What cannot be kept on a device is refused, with the remedy."""
    X, Y, _ = draw(60, 20)
    A, B = TO["strict"](X), TO["strict"](Y)
    with config_context(array_api_dispatch=True):
        for call in (
            SketchedRidgeEnsemble().partial_fit,
            SketchedRidgeEnsemble().partial_fit(X, Y).calibrate,
            SketchedRidgeCV().fit,
        ):
            assert "convert each batch to NumPy" in _message(TypeError, call, A, B)
        keeping = SketchedRidgeEnsemble(keep_members=True)
        assert "set keep_members=False" in _message(ValueError, keeping.fit, A, B)
        scored = SketchedRidgeEnsemble(scoring=_numpy_scorer)
        assert "arrays of the library that X is of" in _message(ValueError, scored.fit, A, B)
        model = SketchedRidgeEnsemble(random_state=0).fit(A, B)
        for call in (model.predict, model.predict_interval):
            assert "must use the same namespace" in _message(ValueError, call, X)
            for blocks in (dask.array.from_array(X, chunks=(20, -1)), dask.array.zeros((0, 20))):
                message = _message(ValueError, call, blocks)
                assert "whose blocks are NumPy's" in message
                assert "array_api_dispatch" not in message
    message = _message(ValueError, model.predict, X)
    assert "array_api_dispatch=True" in message


def others_keep_numpy():
    """Dispatch changes nothing for NumPy, for those whose code is shared."""
    X, Y, _ = draw(60, 20)
    for model, y in (
        (SketchedRidgeCV(random_state=0), Y),
        (SketchedRidgeClassifier(), Y[:, 0] > Y[:, 0].mean()),
    ):
        plain = model.set_params(random_state=0).fit(X, y).coef_
        with config_context(array_api_dispatch=True):
            np.testing.assert_array_equal(model.fit(X, y).coef_, plain)


def checks_of_scikit_learn():
    """Every check of arrays passes whose library and device are here: their names."""
    to_torch(0.0)  # which most of them are for: else skipped
    passed = []
    for estimator, check in estimator_checks_generator(SketchedRidgeEnsemble(random_state=0)):
        name = check.func.__name__
        if name.startswith("check_array_api") and is_at_hand(check):
            check(estimator)
            passed.append(name)
    return passed
