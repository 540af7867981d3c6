# SPDX-License-Identifier: BSD-3-Clause
"""The estimators that are compared, and two forms of scikit-learn's that make it fair.

`Standardised` shrinks the correlation matrix, as ``AnalyticalShrinkage(scale=True)`` does;
`PooledDiscriminant` estimates one covariance matrix from all classes, where
LinearDiscriminantAnalysis averages those of the classes, each from fewer samples.
"""

from functools import partial

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.covariance import (
    OAS,
    EmpiricalCovariance,
    LedoitWolf,
    ShrunkCovariance,
)
from sklearn.decomposition import PCA, FactorAnalysis

from skrmt.covariance import AnalyticalShrinkage, SpikedCovariance
from skrmt.decomposition import RMTPCA

ANALYTICAL, SCALED = "AnalyticalShrinkage", "AnalyticalShrinkage, scale=True"
SPIKED = {loss: f"SpikedCovariance, {loss}" for loss in ("frobenius", "operator", "stein")}
EMPIRICAL, LEDOIT, OAS_NAME = "EmpiricalCovariance", "LedoitWolf", "OAS"
LEDOIT_SCALED, SHRUNK = "LedoitWolf, standardised", "ShrunkCovariance(.1)"
RMT_MODEL = "RMTPCA"


class Standardised(EmpiricalCovariance):
    """An estimator of scikit-learn on standardised columns, with the scales put back."""

    def __init__(self, estimator=None, store_precision=True, assume_centered=False):
        super().__init__(store_precision=store_precision, assume_centered=assume_centered)
        self.estimator = estimator

    def fit(self, X, y=None):
        """Estimate the covariance matrix."""
        scales = X.std(axis=0)
        scales[scales == 0] = 1.0
        model = clone(self.estimator or LedoitWolf()).set_params(store_precision=False)
        model.fit(X / scales)
        self.n_features_in_ = X.shape[1]
        self.location_ = model.location_ * scales
        self._set_covariance(model.covariance_ * np.outer(scales, scales))
        return self


class PooledDiscriminant(ClassifierMixin, BaseEstimator):
    """Linear discriminant analysis with a covariance of the rows less the means of their classes.

    The estimator is told how many degrees of freedom the means took, if it has `ddof`.
    """

    def __init__(self, covariance_estimator=None):
        self.covariance_estimator = covariance_estimator

    def fit(self, X, y):
        """Find the discriminant."""
        self.classes_, labels = np.unique(y, return_inverse=True)
        means = np.array([X[labels == k].mean(axis=0) for k in range(len(self.classes_))])
        model = clone(self.covariance_estimator).set_params(assume_centered=True)
        if "ddof" in model.get_params():
            model.set_params(ddof=len(means))
        covariance = model.fit(X - means[labels]).covariance_
        self.coef_ = np.linalg.lstsq(covariance, means.T, rcond=None)[0].T
        self.intercept_ = np.log(np.bincount(labels) / len(labels))
        self.intercept_ -= 0.5 * (means * self.coef_).sum(axis=1)
        return self

    def predict(self, X):
        """Classify rows."""
        return self.classes_[np.argmax(X @ self.coef_.T + self.intercept_, axis=1)]


# Estimators of scikit-learn's interface, with the attributes `covariance_` and `precision_`.
ESTIMATORS = {
    ANALYTICAL: AnalyticalShrinkage,
    SCALED: partial(AnalyticalShrinkage, scale=True),
    **{name: partial(SpikedCovariance, loss=loss) for loss, name in SPIKED.items()},
    LEDOIT: LedoitWolf,
    LEDOIT_SCALED: partial(Standardised, LedoitWolf()),
    OAS_NAME: OAS,
    SHRUNK: partial(ShrunkCovariance, shrinkage=0.1),
    EMPIRICAL: EmpiricalCovariance,
}
OURS = (ANALYTICAL, SCALED, *SPIKED.values(), RMT_MODEL)


def covariance_of(method, X, n_factors=3):
    """Estimate a covariance matrix.

    Parameters
    ----------
    method : str
        Key of `ESTIMATORS`, "PCA", "FactorAnalysis" (both are told `n_factors`) or "RMTPCA".
    X : ndarray of shape (n, p)
        Samples.
    n_factors : int, default=3
        The true number of factors.

    Returns
    -------
    covariance : ndarray of shape (p, p)
        The estimate.
    """
    if method in ESTIMATORS:
        return ESTIMATORS[method](store_precision=False).fit(X).covariance_
    model = {
        "PCA": partial(PCA, n_factors),
        "FactorAnalysis": partial(FactorAnalysis, n_factors),
        RMT_MODEL: RMTPCA,
    }[method]()
    return model.fit(X).get_covariance()
