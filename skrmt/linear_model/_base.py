# SPDX-License-Identifier: BSD-3-Clause
"""What the sketched ridge estimators share: input, prediction, intervals."""

from abc import ABCMeta, abstractmethod
from numbers import Number, Real

import numpy as np
from scipy.sparse import issparse
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from skrmt.base import SkrmtEstimator
from skrmt.linear_model._linear_prediction import (
    FLOATS,
    dask_predictions,
    intervals_about,
    linear_values,
)
from skrmt.linear_model._prediction_intervals import residual_quantiles
from skrmt.linear_model._problem import make_problem
from skrmt.utils._arrays import (
    beside,
    is_numpy,
    kept_rows,
    native_float,
    refuse_complex,
)
from skrmt.utils._dask_rows import is_dask_array
from skrmt.utils._validation import (
    Interval,
    check_same_namespace,
    check_sample_weight,
    validate_params,
)


def _floats(X):
    """Float types that are taken as they are, in the words of the library of X."""
    return FLOATS if is_numpy(X) else [native_float(dtype, X) for dtype in FLOATS]


def without_duplicates(X):
    """Sparse rows in which each entry stands once: squares of entries are no squares of parts.

    Parameters
    ----------
    X : ndarray or CSR of shape (n_samples, n_features)
        Rows; they do not change.

    Returns
    -------
    X : ndarray or CSR of shape (n_samples, n_features)
        The same numbers.
    """
    if issparse(X) and not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    return X


class SketchedRidgeBase(MultiOutputMixin, SkrmtEstimator, metaclass=ABCMeta):
    """Input and linear prediction of a ridge model."""

    @abstractmethod
    def fit(self, X, y, sample_weight=None):
        """Fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Weights, not negative.
        """

    def _validated(self, X, y, sample_weight, *, reset=True, least=2, any_library=False):
        """X, y and weights, checked, in float; y and weights follow X."""
        if not any_library:
            self._refuse_other_libraries(X)
        refuse_complex(X, "X")
        y = beside(y, X)
        refuse_complex(y, "y")
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=_floats(X),
            multi_output=True,
            y_numeric=True,
            reset=reset,
            ensure_min_samples=least,
        )
        return without_duplicates(X), y, self._weights(X, sample_weight)

    def _refuse_other_libraries(self, X):
        """Refuse what would have to leave its device."""
        if not is_numpy(X):
            raise TypeError(
                f"X is a {type(X).__module__}.{type(X).__qualname__}, which this method of "
                f"{type(self).__name__} cannot keep on its device; convert each batch to NumPy, or "
                "give all rows to SketchedRidgeEnsemble.fit."
            )

    @staticmethod
    def _weights(X, sample_weight):
        """Weights in float64, or None."""
        if sample_weight is None:
            return None
        dtype = np.float64 if is_numpy(X) else native_float(np.float64, X)
        if not isinstance(sample_weight, Number):
            sample_weight = beside(sample_weight, X)
        return check_sample_weight(sample_weight, X, dtype=dtype, ensure_non_negative=True)

    def _problem(self, X, y, weights):
        """Return the problem, and y without the rows of weight 0."""
        Y = y[:, None] if y.ndim == 1 else y
        problem = make_problem(X, Y, weights, fit_intercept=self.fit_intercept)
        return problem, y if weights is None else kept_rows(y, weights > 0)

    def _store_linear_model(self, coef, problem, *, one_target):
        """Store coefficients (n_features, n_targets) of NumPy, and their intercept, beside X."""
        intercept = problem.y_mean - problem.x_mean @ coef.astype(np.float64)
        intercept = intercept.astype(coef.dtype)
        coef = np.ascontiguousarray(coef[:, 0] if one_target else coef.T)
        self.coef_ = beside(coef, problem.X)
        if self.fit_intercept:
            intercept = beside(intercept, problem.X)
            self.intercept_ = intercept[0] if one_target else intercept
        else:
            self.intercept_ = 0.0

    def _linear(self, X):
        """Values of the linear function."""
        check_is_fitted(self)
        check_same_namespace(X, self, attribute="coef_", method="predict")
        refuse_complex(X, "X")
        X = validate_data(self, X, accept_sparse="csr", dtype=_floats(X), reset=False)
        if is_numpy(X) and not isinstance(self.coef_, np.ndarray):
            raise ValueError(
                f"This {type(self).__name__} was fitted to arrays of another library than NumPy; "
                "predict under sklearn.set_config(array_api_dispatch=True)."
            )
        return linear_values(X, self.coef_, self.intercept_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class SketchedRidgeRegressor(RegressorMixin, SketchedRidgeBase):
    """Prediction of a regressor, with intervals from its corrected residuals.

    A subclass stores `corrected_residuals_` and `_interval_weights`, the weights of these rows.
    """

    def predict(self, X):
        """Predict targets.

        Parameters
        ----------
        X : {array-like, sparse matrix, Dask array} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : array of shape (n_samples,) or (n_samples, n_targets)
            Predictions, in the float type of `X`, where `X` is. For a Dask array they are one, not
            computed yet.
        """
        if is_dask_array(X):
            check_is_fitted(self)
            return dask_predictions(self, X)
        return self._linear(X)

    @validate_params(
        {
            "confidence_level": [Interval(Real, 0, 1, closed="neither")],
            "symmetric": ["boolean"],
        },
        prefer_skip_nested_validation=True,
    )
    def predict_interval(self, X, confidence_level=0.9, *, symmetric=False):
        """Prediction intervals for new targets.

        The corrected residuals of the training rows stand for the errors at new rows. Coverage
        holds on average over rows like those of training (marginally), not for each row: the
        width is the same everywhere.

        Parameters
        ----------
        X : {array-like, sparse matrix, Dask array} of shape (n_samples, n_features)
            Rows.
        confidence_level : float, default=0.9
            Share of new targets that the intervals are to cover, in (0, 1).
        symmetric : bool, default=False
            Whether the intervals are symmetric about the predictions; else each end has half of
            the errors beyond it, also for skewed errors.

        Returns
        -------
        intervals : array of shape (n_samples, 2) or (n_samples, 2, n_targets)
            Lower and upper ends. Infinite where the training rows are too few for the level:
            fewer than ``2 / (1 - confidence_level) - 1``, or, for symmetric intervals,
            ``1 / (1 - confidence_level) - 1``. A row counts as often as weights repeat it; weights
            that are precisions are taken with mean 1.

        Raises
        ------
        ValueError
            If `confidence_level` is not in (0, 1).
        """
        # First, so that X is judged before residuals are sorted; for Dask it computes nothing.
        center = self.predict(X)
        residuals = self.corrected_residuals_
        quantiles = residual_quantiles(
            residuals[:, None] if residuals.ndim == 1 else residuals,
            self._interval_weights,
            confidence_level,
            symmetric=symmetric,
        )
        if is_dask_array(X):
            return dask_predictions(self, X, quantiles)
        return intervals_about(center, quantiles)
