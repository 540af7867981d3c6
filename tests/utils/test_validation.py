# SPDX-License-Identifier: BSD-3-Clause
import inspect
from numbers import Real

import numpy as np
import pytest
import sklearn
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.utils.validation import check_is_fitted, validate_data

from skrmt.base import SkrmtEstimator
from skrmt.utils._validation import Interval, InvalidParameterError, fit_context


class Mean(SkrmtEstimator):
    """Sets one attribute before, and one after, the step that `fail` makes fail."""

    _parameter_constraints = {"alpha": [Interval(Real, 0, None, closed="left")]}

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    @fit_context()
    def fit(self, X, y=None, sample_weight=None, fail=None):
        """Fit."""
        X = validate_data(self, X)
        self.early_ = X.shape
        if fail is not None:
            raise fail
        self.mean_ = X.mean(axis=0)
        return self

    @fit_context()
    def partial_fit(self, X, y=None, fail=None):
        return Mean.fit.__wrapped__(self, X, fail=fail)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("error", [ValueError("late"), KeyboardInterrupt()])
def test_failure_restores_the_earlier_fit(method, error):
    estimator = Mean().fit(np.ones((4, 3)))
    estimator.set_params(alpha=2.0)
    before = dict(estimator.__dict__)
    with pytest.raises(type(error)):
        getattr(estimator, method)(np.zeros((5, 2)), fail=error)
    assert estimator.__dict__.keys() == before.keys()
    assert all(estimator.__dict__[name] is before[name] for name in before)
    assert estimator.n_features_in_ == 3


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_failure_leaves_an_unfitted_estimator_unfitted(method):
    estimator = Mean()
    with pytest.raises(ZeroDivisionError):
        getattr(estimator, method)(np.zeros((5, 2)), fail=ZeroDivisionError())
    with pytest.raises(NotFittedError):
        check_is_fitted(estimator)
    assert estimator.__dict__ == {"alpha": 1.0}


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_bad_parameter_is_named_with_its_value_and_the_remedy(method):
    with pytest.raises(
        InvalidParameterError,
        match=r"The 'alpha' parameter of Mean must be a float in the range \[0.0, inf\). Got -1",
    ):
        getattr(Mean(alpha=-1), method)(np.ones((4, 3)))


def test_parameters_are_not_checked_where_scikit_learn_is_told_so():
    with sklearn.config_context(skip_parameter_validation=True):
        assert Mean(alpha=-1).fit(np.ones((4, 3))).mean_.tolist() == [1, 1, 1]


def test_method_keeps_its_name_signature_and_docstring():
    assert Mean.fit.__name__ == "fit"
    assert Mean.fit.__doc__ == "Fit."
    assert Mean.fit.__qualname__ == "Mean.fit"
    assert list(inspect.signature(Mean().fit).parameters) == ["X", "y", "sample_weight", "fail"]


def test_metadata_routing_sees_the_weights():
    assert Mean().set_fit_request  # exists, and asks for sample_weight
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = make_pipeline(Mean().set_fit_request(sample_weight=True))
        assert pipeline.fit(np.ones((4, 3)), sample_weight=np.ones(4))[0].mean_.shape == (3,)
        requests = Mean().set_fit_request(sample_weight=True).get_metadata_routing()
        assert requests.fit.requests["sample_weight"] is True


def test_failure_with_callbacks_leaves_no_trace_of_them():
    from sklearn.callback import CallbackSupportMixin, ScoringMonitor

    class WithCallbacks(CallbackSupportMixin, SkrmtEstimator):
        _parameter_constraints = {}

        @fit_context()
        def fit(self, X, y=None):
            context = self._init_callback_context()
            context.call_on_fit_task_begin(estimator=self, X=X, y=y)
            raise ZeroDivisionError

    estimator = WithCallbacks().set_callbacks(ScoringMonitor(scoring="r2"))
    before = dict(estimator.__dict__)
    with pytest.raises(ZeroDivisionError):
        estimator.fit(np.ones((4, 3)))
    assert estimator.__dict__ == before
