# SPDX-License-Identifier: BSD-3-Clause
"""The one door to scikit-learn's private helpers.

Parameter constraints are private in scikit-learn (`sklearn.utils._param_validation`,
`sklearn.base._fit_context`), yet `check_param_validation` reads them, every scikit-learn
estimator reports a bad parameter through them, and the public alternative `check_scalar`
lets `nan` and `inf` pass. So are the two ways of `SpectralClustering` to cut an embedding
without k-means (`sklearn.cluster._spectral`), and the helpers for arrays of other libraries
(`sklearn.utils._array_api`). We use them, and only from here: when scikit-learn
moves one, a single file changes. `tests/test_imports.py` keeps the door the only one.
"""

from sklearn.base import _fit_context
from sklearn.cluster._spectral import cluster_qr, discretize
from sklearn.utils._array_api import _convert_to_numpy as to_numpy
from sklearn.utils._array_api import (
    check_same_namespace,
    get_namespace,
    get_namespace_and_device,
    move_to,
    supported_float_dtypes,
)
from sklearn.utils._param_validation import (
    HasMethods,
    Hidden,
    Interval,
    InvalidParameterError,
    Options,
    RealNotInt,
    StrOptions,
    validate_params,
)
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

from skrmt.utils._all_or_nothing import all_or_nothing

__all__ = [
    "HasMethods",
    "Hidden",
    "Interval",
    "InvalidParameterError",
    "Options",
    "RealNotInt",
    "StrOptions",
    "check_same_namespace",
    "check_sample_weight",
    "cluster_qr",
    "discretize",
    "fit_context",
    "get_namespace",
    "get_namespace_and_device",
    "move_to",
    "supported_float_dtypes",
    "to_numpy",
    "validate_params",
]


def fit_context(*, prefer_skip_nested_validation=True):
    """Decorate `fit` or `partial_fit`: check the parameters, and change nothing on failure.

    Scikit-learn's `_fit_context` (parameters against `_parameter_constraints`, callbacks)
    inside `all_or_nothing`: a fit that raises leaves the earlier fit, or the unfitted
    estimator, exactly as it was, also `n_features_in_` and `feature_names_in_`.

    Parameters
    ----------
    prefer_skip_nested_validation : bool, default=True
        Do not validate again the parameters of estimators and functions used inside.
        False for a meta-estimator, whose inner estimators come from the user unchecked.

    Returns
    -------
    decorator : callable
        Turns the method into the checked one; name, signature and docstring stay.

    Examples
    --------
    >>> from numbers import Real
    >>> from skrmt.base import SkrmtEstimator
    >>> from skrmt.utils._validation import Interval, fit_context
    >>> class Shift(SkrmtEstimator):
    ...     _parameter_constraints = {"offset": [Interval(Real, 0, None, closed="left")]}
    ...     def __init__(self, offset=0.0):
    ...         self.offset = offset
    ...     @fit_context()
    ...     def fit(self, X, y=None):
    ...         self.offset_ = self.offset
    ...         return self
    >>> Shift(2.0).fit([[1.0]]).offset_
    2.0
    >>> Shift(-1.0).fit([[1.0]])
    Traceback (most recent call last):
        ...
    sklearn.utils._param_validation.InvalidParameterError: The 'offset' parameter of Shift \
must be a float in the range [0.0, inf). Got -1.0 instead.
    """
    checked = _fit_context(prefer_skip_nested_validation=prefer_skip_nested_validation)

    def decorator(fit_method):
        return all_or_nothing(checked(fit_method))

    return decorator
