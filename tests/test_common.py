# SPDX-License-Identifier: BSD-3-Clause
"""What every estimator owes its user, checked for every estimator there is.

The estimators are found by walking the package; only the variants of their parameters are
listed here. No check may be expected to fail, and none may be skipped.
"""

import copy
import importlib
import inspect
import pickle
import pkgutil
import re
from unittest import SkipTest

import joblib
import numpy as np
import pandas as pd
import pytest
from array_libraries import is_at_hand
from estimators import INSTANCES, TABULAR, VARIANTS, all_estimators, of, one_line, toy_data
from sklearn.base import BaseEstimator, clone, is_classifier, is_clusterer, is_regressor
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.utils import estimator_checks, get_tags
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.validation import check_is_fitted

import skrmt
from skrmt.base import SkrmtEstimator
from skrmt.kernel_approximation import TernaryRandomFeatures

# The first parameter of a check tells for whom it is: `estimator_orig`, `transformer_orig`, ...
IS_FOR = {
    "estimator": lambda estimator: True,
    "transformer": lambda estimator: hasattr(estimator, "transform"),
    "classifier": is_classifier,
    "regressor": is_regressor,
    "clusterer": is_clusterer,
}


def _checks_that_no_generator_yields():
    """Yield the common checks that `parametrize_with_checks` leaves out for every estimator.

    Scikit-learn's own tests run them from lists. They are told by their form, a function of
    the name and the estimator, and by their absence from the source of every generator.
    """
    members = inspect.getmembers(estimator_checks, inspect.isfunction)
    generators = "".join(inspect.getsource(f) for name, f in members if name.startswith("_yield"))
    yielded = set(re.findall(r"\bcheck_\w+", generators))
    for name, check in members:
        if name.startswith("check_") and check.__module__ == estimator_checks.__name__:
            first, *others = inspect.signature(check).parameters
            if first == "name" and len(others) == 1 and name not in yielded:
                yield check


MORE_CHECKS = list(_checks_that_no_generator_yields())


OUTPUTS = ("transform", "predict", "predict_proba", "decision_function", "score_samples")


every_instance = of(INSTANCES)
every_tabular_instance = of(TABULAR)


def _is_for(check, estimator):
    if check is estimator_checks.check_get_feature_names_out_error:
        return hasattr(estimator, "get_feature_names_out")
    kind = list(inspect.signature(check).parameters)[1].removesuffix("_orig")
    return IS_FOR[kind](estimator)


def _more_checks():
    for estimator in TABULAR:
        for check in MORE_CHECKS:
            if _is_for(check, estimator):
                yield pytest.param(estimator, check, id=f"{one_line(estimator)}-{check.__name__}")


@pytest.fixture
def array_api_dispatch(monkeypatch):
    """Let the check of scikit-learn's array API dispatch run instead of skip."""
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")


def _run(check, *args):
    try:
        check(*args)
    except SkipTest as reason:
        if "does not have a predict_proba method" in str(reason):  # nor has RidgeClassifier
            return
        pytest.fail(f"a common check was skipped: {reason}")


def _checks():
    """Yield the checks of scikit-learn's generators, but for libraries that are not there."""
    for instance in TABULAR:
        for estimator, check in estimator_checks_generator(instance):
            if is_at_hand(check):
                function = getattr(check, "func", check)
                options = ",".join(f"{k}={v}" for k, v in getattr(check, "keywords", {}).items())
                name = f"{one_line(instance)}-{function.__name__}({options})"
                yield pytest.param(estimator, check, id=name)


@pytest.mark.usefixtures("array_api_dispatch")
@toy_data
@pytest.mark.parametrize(("estimator", "check"), list(_checks()))
def test_scikit_learn_checks(estimator, check):
    _run(check, estimator)


# These checks fit with names and transform without, and the other way round, on purpose.
@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names:UserWarning")
@toy_data
@pytest.mark.parametrize(("estimator", "check"), list(_more_checks()))
def test_more_scikit_learn_checks(estimator, check):
    _run(check, type(estimator).__name__, estimator)


def test_checks_of_other_array_libraries_are_run():
    ran = {
        check.keywords.get("array_namespace")
        for estimator, check in estimator_checks_generator(TernaryRandomFeatures())
        if is_at_hand(check) and "array_namespace" in getattr(check, "keywords", {})
    }
    assert ran >= {"numpy", "array_api_strict"}


def test_checks_outside_the_generators_are_found():
    found = {check.__name__ for check in MORE_CHECKS}
    assert found >= {
        "check_param_validation",
        "check_set_output_transform_polars",
        "check_transformer_get_feature_names_out",
    }
    assert "check_fit_score_takes_y" not in found  # a generator yields it
    assert "check_classifiers_train" not in found  # and that of classifiers this one


def test_every_estimator_has_an_entry():
    assert set(VARIANTS) == {name for name, _ in all_estimators()}


def test_no_estimator_escapes_discovery():
    """A public class that is an estimator, in whatever module, is exported and found."""
    defined = {
        member
        for info in pkgutil.walk_packages(skrmt.__path__, prefix="skrmt.")
        for _, member in inspect.getmembers(importlib.import_module(info.name), inspect.isclass)
        if issubclass(member, BaseEstimator)
        and not inspect.isabstract(member)
        and member.__module__.startswith("skrmt.")
        and not member.__name__.startswith("_")
    }
    assert defined - {SkrmtEstimator} == {Estimator for _, Estimator in all_estimators()}


def test_every_estimator_has_our_base():
    for name, Estimator in all_estimators():
        assert issubclass(Estimator, SkrmtEstimator), name


def _graph(rng, n_vertices):
    X = rng.standard_normal((n_vertices, n_vertices))
    X = (np.triu(X, 1) > 0.5) * 1.0
    return X + X.T


def _data(estimator, *, n_samples=40, n_features=8, seed=0):
    rng = np.random.RandomState(seed)
    tags = get_tags(estimator)
    if not tags.input_tags.two_d_array:  # a list of graphs
        return [_graph(rng, n_samples) for _ in range(n_features)], None
    X = rng.standard_normal((n_samples, n_features))
    if tags.input_tags.pairwise:
        X = _graph(rng, n_samples)
    if tags.input_tags.positive_only:
        X = np.abs(X)
    if is_classifier(estimator):
        y = (X.sum(axis=1) > 0).astype(int)
    elif is_regressor(estimator):
        y = X.sum(axis=1)
    else:
        y = None
    return X, y


def _prepared(estimator):
    """Return a seeded copy that is fast enough to fit many times."""
    estimator = clone(estimator)
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=0)
    return estimator


def _outputs(estimator, X):
    return {name: getattr(estimator, name)(X) for name in OUTPUTS if hasattr(estimator, name)}


def _assert_same(found, expected):
    assert expected.keys() == found.keys()
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


def _assert_same_outputs(first, second, X):
    _assert_same(_outputs(second, X), _outputs(first, X))


@every_instance
def test_pickle_round_trip(estimator):
    estimator = _prepared(estimator)
    X, y = _data(estimator)
    estimator.fit(X, y)
    _assert_same_outputs(estimator, pickle.loads(pickle.dumps(estimator)), X)


@every_instance
def test_pickle_of_another_version_warns(estimator, monkeypatch):
    estimator = _prepared(estimator)
    X, y = _data(estimator)
    estimator.fit(X, y)
    with monkeypatch.context() as patch:
        patch.setattr("skrmt.base.package_version", lambda: "0.0.1")
        old = pickle.dumps(estimator)
    with pytest.warns(InconsistentVersionWarning, match=r"from version 0\.0\.1"):
        loaded = pickle.loads(old)
    _assert_same_outputs(estimator, loaded, X)


@every_instance
def test_clone_of_a_fitted_estimator_is_unfitted_and_fits_the_same(estimator):
    estimator = _prepared(estimator)
    X, y = _data(estimator)
    estimator.fit(X, y)
    other = clone(estimator)
    with pytest.raises(NotFittedError):
        check_is_fitted(other)
    _assert_same_outputs(estimator, other.fit(X, y), X)


@pytest.fixture
def parallel_tasks(monkeypatch):
    """Return a list that gets the number of tasks side by side of each parallel call."""
    numbers, call = [], joblib.Parallel.__call__

    def counted(self, iterable):
        tasks = list(iterable)
        numbers.append(min(len(tasks), joblib.effective_n_jobs(self.n_jobs)))
        return call(self, tasks)

    monkeypatch.setattr(joblib.Parallel, "__call__", counted)
    return numbers


def _has_parts(estimator):
    """Whether there is anything to do side by side: more than one member, and sketches."""
    parameters = estimator.get_params()
    return parameters.get("n_members", 2) > 1 and parameters.get("sketch", "auto") is not None


WITH_JOBS = [e for e in INSTANCES if "n_jobs" in e.get_params() and _has_parts(e)]


@of(WITH_JOBS)
def test_number_of_jobs_changes_nothing(estimator, parallel_tasks):
    estimator = _prepared(estimator)
    # More rows than a tile has, where the rows are compared with each other.
    shape = {"n_samples": 2100 if is_clusterer(estimator) else 300, "n_features": 200}
    X, y = _data(estimator, **shape)
    one = clone(estimator).set_params(n_jobs=1).fit(X, y)
    expected = _outputs(one, X)
    assert max(parallel_tasks, default=1) == 1
    two = clone(estimator).set_params(n_jobs=2).fit(X, y)
    found = _outputs(two, X)
    assert max(parallel_tasks) > 1  # else there was nothing that could differ
    _assert_same(found, expected)


def test_some_estimator_has_jobs():
    assert WITH_JOBS


def _frame(estimator, *, name="x", **kwargs):
    X, y = _data(estimator, **kwargs)
    return pd.DataFrame(X, columns=[f"{name}{j}" for j in range(X.shape[1])]), y


def _fit_methods(estimator):
    return [name for name in ("fit", "partial_fit") if hasattr(estimator, name)]


@every_tabular_instance
def test_failed_fit_leaves_an_unfitted_estimator_unfitted(estimator):
    for method in _fit_methods(estimator):
        fresh = _prepared(estimator)
        before = fresh.__dict__.copy()
        X, y = _frame(fresh)
        X.iloc[3, 2] = np.nan  # found after the names of the columns were stored
        with pytest.raises(ValueError, match="NaN"):
            getattr(fresh, method)(X, y)
        assert fresh.__dict__ == before


@every_tabular_instance
@pytest.mark.parametrize("bad", ["other width and NaN", "NaN"])
def test_failed_fit_leaves_the_earlier_fit(estimator, bad):
    for method in _fit_methods(estimator):
        fitted = _prepared(estimator)
        getattr(fitted, method)(*_frame(fitted))
        before = joblib.hash(fitted.__dict__)
        other = {} if bad == "NaN" else {"name": "other", "n_features": 5}
        X, y = _frame(fitted, seed=1, **other)
        X.iloc[3, 2] = np.nan
        with pytest.raises(ValueError):
            getattr(fitted, method)(X, y)
        assert joblib.hash(fitted.__dict__) == before


@every_instance
def test_bad_parameter_leaves_the_earlier_fit(estimator):
    fitted = _prepared(estimator)
    X, y = _data(fitted)
    fitted.fit(X, y)
    expected = _outputs(fitted, X)
    for name in fitted.get_params(deep=False):
        good = getattr(fitted, name)
        fitted.set_params(**{name: object()})
        with pytest.raises(ValueError, match=f"The '{name}' parameter of"):
            fitted.fit(*_data(fitted, n_features=5, seed=1))
        fitted.set_params(**{name: good})
    for name, output in _outputs(fitted, X).items():
        np.testing.assert_array_equal(output, expected[name])


@every_tabular_instance
def test_fit_interrupted_at_any_attribute_leaves_the_earlier_fit(estimator):
    """Stop a second fit at its assignment of each fitted attribute in turn."""
    stop_at, assigned = None, set()

    class Interrupted(type(estimator)):
        def __setattr__(self, name, value):
            if name == stop_at:
                raise KeyboardInterrupt
            if not name.startswith("_skl"):  # what scikit-learn tidies up by itself
                assigned.add(name)
            super().__setattr__(name, value)

    for method in _fit_methods(estimator):
        fitted = Interrupted(**_prepared(estimator).get_params(deep=False))
        getattr(fitted, method)(*_frame(fitted))
        before = joblib.hash(fitted.__dict__)
        # A second `partial_fit` must see the same columns, a second `fit` need not.
        other = {"name": "other", "n_features": 5} if method == "fit" else {}
        X, y = _frame(fitted, seed=1, **other)
        assigned.clear()
        getattr(copy.deepcopy(fitted), method)(X, y)
        assert assigned
        for stop_at in sorted(assigned):
            with pytest.raises(KeyboardInterrupt):
                getattr(fitted, method)(X, y)
            assert joblib.hash(fitted.__dict__) == before, stop_at
        stop_at = None
