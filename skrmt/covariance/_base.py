# SPDX-License-Identifier: BSD-3-Clause
"""What estimators that shrink the eigenvalues of a sample covariance matrix have in common.

`fit` decomposes at once. `partial_fit` and `merge` only add to the moments; the matrix is
decomposed when an attribute that follows from it is next read, with the parameters that the last
batch came with.
"""

from abc import ABC, abstractmethod

import numpy as np
from sklearn.covariance import EmpiricalCovariance, log_likelihood
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted, validate_data

from skrmt.base import SkrmtEstimator
from skrmt.covariance._dask_samples import (
    DaskSamples,
    block_moments,
    refuse_other_columns,
    squared_distances,
)
from skrmt.covariance._moments import RowStatistic, merged, updated
from skrmt.covariance._sample_spectrum import sample_spectrum
from skrmt.covariance._unequal_units import inverse_in_units
from skrmt.utils._all_or_nothing import all_or_nothing
from skrmt.utils._dask_rows import is_dask_array
from skrmt.utils._merging import refuse_to_merge
from skrmt.utils._validation import check_sample_weight, fit_context


class EigenvalueShrinkage(SkrmtEstimator, EmpiricalCovariance, ABC):
    """Covariance estimator with the eigenvectors of the sample covariance matrix.

    A class that derives from it names in `_solved_names` the attributes that `_shrink` finds.
    """

    _parameter_constraints: dict = {
        "assume_centered": ["boolean"],
        "store_precision": ["boolean"],
    }
    _solved_names = (
        "location_",
        "covariance_",
        "precision_",
        "eigenvalues_",
        "shrunk_eigenvalues_",
    )

    @abstractmethod
    def _shrink(self, sample, parameters):
        """Find new eigenvalues.

        Parameters
        ----------
        sample : SampleSpectrum
            Eigenvalues and eigenvectors.
        parameters : dict
            Parameters of the estimator.

        Returns
        -------
        values : ndarray of shape (rank,)
            New eigenvalues of the eigenvectors.
        null : float
            New eigenvalue of all other directions.
        attributes : dict
            Further fitted attributes.
        """

    @fit_context()
    def fit(self, X, y=None, sample_weight=None):
        """Estimate the covariance matrix.

        Parameters
        ----------
        X : {array-like, Dask array} of shape (n_samples, n_features)
            Samples, at least two. Of a Dask array each block is summed where it is.
        y : None
            Ignored; there for scikit-learn's interface.
        sample_weight : float, array-like or Dask array of shape (n_samples,), default=None
            How often each sample is repeated; 0 leaves it out.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        parameters = self.get_params(deep=False)
        ddof = _lost_freedom(parameters)
        batch = self._batch(X, sample_weight, reset=True, alone=True)
        statistic = _added(None, batch, ddof)
        wrong = _too_few(statistic.total, ddof)
        if wrong:
            raise ValueError(wrong)
        solved = self._attributes_of(statistic, parameters, batch.dtype, rows=batch)
        self._advance(statistic, parameters, batch.dtype)
        for name, value in solved.items():
            setattr(self, name, value)
        return self

    @fit_context()
    def partial_fit(self, X, y=None, sample_weight=None):
        """Add a batch of samples.

        The result is that of `fit` to all samples so far, those given to `fit` among them. What is
        kept does not grow with the samples: the samples themselves while there are fewer than
        features, and then moments. The matrix is decomposed when an attribute is next read.

        Parameters
        ----------
        X : {array-like, Dask array} of shape (n_samples, n_features)
            Samples, at least one.
        y : None
            Ignored; there for scikit-learn's interface.
        sample_weight : float, array-like or Dask array of shape (n_samples,), default=None
            How often each sample is repeated; 0 leaves it out.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If `assume_centered` is not what it was for the samples before.
        """
        self._validate_params()  # which scikit-learn does at the first batch only
        first = "_statistic" not in vars(self)
        if not first:
            self._refuse_other_location()
        batch = self._batch(X, sample_weight, reset=first)
        parameters = self.get_params(deep=False)
        before = None if first else self._statistic
        statistic = _added(before, batch, _lost_freedom(parameters))
        dtype = batch.dtype if first else np.result_type(self._dtype, batch.dtype)
        self._advance(statistic, parameters, dtype)
        return self

    @all_or_nothing
    def merge(self, other):
        """Add the samples of another estimator.

        Workers may each take a part of the samples and be merged in pairs: the result is that of
        one estimator that has seen the samples of all.

        Parameters
        ----------
        other : object
            Estimator of the same class and with the same parameters, after `fit` or `partial_fit`.
            It does not change.

        Returns
        -------
        self : object
            This estimator, with the samples of both. What follows from them is found when it is
            next read.

        Raises
        ------
        TypeError
            If `other` is of another class.
        ValueError
            If one of both has no samples yet, or columns or parameters differ.
        """
        refuse_to_merge(self, other, statistic="_statistic")
        self._validate_params()
        parameters = self.get_params(deep=False)
        self._refuse_other_location()
        other._refuse_other_location()
        statistic = merged(self._statistic, other._statistic, ddof=_lost_freedom(parameters))
        self._advance(statistic, parameters, np.result_type(self._dtype, other._dtype))
        return self

    def mahalanobis(self, X):
        """Squared Mahalanobis distances of samples from the mean.

        Parameters
        ----------
        X : {array-like, Dask array} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        distances : ndarray or Dask array of shape (n_samples,)
            ``(x - location_)' precision_ (x - location_)``; of a Dask array not computed yet.
        """
        if not is_dask_array(X):
            return super().mahalanobis(X)
        check_is_fitted(self)
        refuse_other_columns(self, X)
        return squared_distances(X, self.location_, self.get_precision())

    def score(self, X_test, y=None):
        """Log-likelihood of new samples under the Gaussian law with these moments.

        Parameters
        ----------
        X_test : {array-like, Dask array} of shape (n_samples, n_features)
            Samples of the same law as the training data.
        y : None
            Ignored; there for scikit-learn's interface.

        Returns
        -------
        score : float
            Mean log-likelihood of a sample.
        """
        check_is_fitted(self)
        if is_dask_array(X_test):
            refuse_other_columns(self, X_test)
            moments = block_moments(X_test)
        else:
            X_test = validate_data(self, X_test, dtype=[np.float64, np.float32], reset=False)
            rows = RowStatistic(X_test, np.ones(len(X_test)), True)
            moments = rows.moments(tell_apart=False)
        step = moments.mean - self.location_
        about_location = moments.scatter / moments.total + np.outer(step, step)
        return float(log_likelihood(about_location, self.get_precision()))

    def _batch(self, X, sample_weight, *, reset, alone=False):
        """Samples (at least two, if alone) that are checked: here, or where the blocks are."""
        name, centre, samples = type(self).__name__, not self.assume_centered, None
        if is_dask_array(X):
            samples = DaskSamples(X, sample_weight, centre=centre, name=name)
            X = validate_data(self, samples.X, skip_check_array=True, reset=reset)
        else:
            X = validate_data(self, X, dtype=[np.float64, np.float32], reset=reset)
        if alone and len(X) < 2:
            raise ValueError(
                f"{name} needs at least 2 samples, got n_samples={len(X)}. "
                "LinearDiscriminantAnalysis fits each class by itself: give each class 2, or fit "
                "the pooled data with the class means taken out."
            )
        if samples is not None:
            return samples
        weights = np.ones(len(X))
        if sample_weight is not None:
            weights = check_sample_weight(
                sample_weight, X, dtype=np.float64, ensure_non_negative=True
            )
        return RowStatistic(X, weights, centre)

    def _refuse_other_location(self):
        if self._statistic.centre == self.assume_centered:
            raise ValueError(
                f"assume_centered={self.assume_centered!r} was {not self.assume_centered!r} for "
                "the samples before; partial_fit and merge cannot change it. Call fit, or begin "
                "with a clone."
            )

    def _advance(self, statistic, parameters, dtype):
        """Take the next state; what followed from the last one is dropped."""
        for name in self._solved_names:
            vars(self).pop(name, None)
        self._statistic, self._dtype, self._solve_with = statistic, dtype, parameters
        total = statistic.total
        self.n_samples_seen_ = int(total) if total.is_integer() else total

    def get_precision(self):
        """Give the inverse of the covariance matrix.

        Returns
        -------
        precision : ndarray of shape (n_features, n_features)
            `precision_`, or computed from `covariance_` where it is not stored.
        """
        if self.precision_ is not None:
            return self.precision_
        inverse = inverse_in_units(self.covariance_)
        if inverse is None:  # linearly dependent columns
            return super().get_precision()
        return inverse.astype(self.covariance_.dtype)

    def _attributes_of(self, statistic, parameters, dtype, *, rows=None):
        sample = sample_spectrum(
            statistic,
            ddof=_lost_freedom(parameters),
            scale=parameters.get("scale", False),
            rows=rows,
        )
        values, null, attributes = self._shrink(sample, parameters)
        p, precision = len(sample.mean), None
        covariance = sample.matrix(values, null, dtype)
        if parameters["store_precision"]:
            precision = sample.matrix(values, null, dtype, inverse=True)
        return {
            "location_": sample.mean.astype(dtype),
            "covariance_": covariance,
            "precision_": precision,
            "eigenvalues_": sample.padded(sample.eigenvalues, size=p).astype(dtype),
            "shrunk_eigenvalues_": sample.padded(values, null, size=p).astype(dtype),
            **{
                name: value.astype(dtype) if isinstance(value, np.ndarray) else value
                for name, value in attributes.items()
            },
        }

    @all_or_nothing
    def _solve(self):
        """Find the attributes that follow from the moments of a stream."""
        statistic, parameters = self._statistic, self._solve_with
        wrong = _too_few(statistic.total, _lost_freedom(parameters))
        if wrong:
            raise NotFittedError(f"{wrong} Call partial_fit with more samples.")
        try:
            solved = self._attributes_of(statistic, parameters, self._dtype)
        except ValueError as error:
            # Whoever asks for an attribute that cannot be had is told so as hasattr understands it.
            raise NotFittedError(str(error)) from error
        for name, value in solved.items():
            setattr(self, name, value)

    def _why_missing(self, name):
        """Say why a fitted estimator has not one of its attributes."""
        return ""

    def __getattr__(self, name):
        # Asked only for attributes that are not there.
        fitted, why = vars(self), ""
        if name in type(self)._solved_names:
            if "_statistic" not in fitted:
                raise NotFittedError(
                    f"This {type(self).__name__} has no {name!r} before it is fitted; call fit or "
                    "partial_fit."
                )
            if "covariance_" not in fitted:
                self._solve()
            if name in fitted:
                return fitted[name]
            why = self._why_missing(name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{why}")

    def __sklearn_is_fitted__(self):
        if "_statistic" not in vars(self):
            return False
        return _too_few(self._statistic.total, _lost_freedom(self._solve_with)) is None

    def __dir__(self):
        solved = self._solved_names if "_statistic" in vars(self) else ()
        return sorted({*super().__dir__(), *solved})


def _added(statistic, batch, ddof):
    """Statistic of the samples so far and those of a batch."""
    if isinstance(batch, RowStatistic):
        return updated(statistic, batch, ddof=ddof)
    more = batch.statistic(ddof)
    return more if statistic is None else merged(statistic, more, ddof=ddof)


def _lost_freedom(parameters):
    """Degrees of freedom that are not the sample covariance matrix's."""
    ddof = parameters.get("ddof")
    return (0 if parameters["assume_centered"] else 1) if ddof is None else ddof


def _too_few(total, ddof):
    if total >= 2 and total > ddof:
        return None
    return (
        f"A covariance matrix needs at least 2 samples, and more than the {ddof:g} degrees of "
        f"freedom that are lost (ddof); there are {total:g}, since weights count repetitions."
    )
