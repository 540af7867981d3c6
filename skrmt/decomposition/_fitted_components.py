# SPDX-License-Identifier: BSD-3-Clause
"""What components in noise do with new samples, beyond what those of scikit-learn do."""

from abc import abstractmethod

import numpy as np
from sklearn.decomposition import PCA
from sklearn.utils.validation import check_is_fitted, validate_data

from skrmt.decomposition._centred_matrix import FLOATS, CentredMatrix
from skrmt.decomposition._model_covariance import (
    log_likelihood,
    model_covariance,
    model_precision,
)


class FittedComponents(PCA):
    """PCA with a model of its noise.

    Needs, beside the attributes of PCA, `population_variance_`, `cosines_` and `denoise_weights_`;
    `noise_variance_` is that of a feature's noise.
    """

    @abstractmethod
    def fit(self, X, y=None):
        """Find the components.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted estimator.
        """

    def inverse_transform(self, X):
        """Return the samples that have given scores.

        Parameters
        ----------
        X : array-like of shape (n_samples, `n_components_`)
            Scores.

        Returns
        -------
        samples : ndarray of shape (n_samples, n_features)
            The mean plus the scores along the components; the mean alone without components.

        Raises
        ------
        ValueError
            If the number of columns is not that of components.
        """
        check_is_fitted(self)
        # scikit-learn takes arrays without columns for a mistake.
        n_columns = np.shape(X)[1] if np.ndim(X) == 2 else None
        if n_columns is not None and n_columns != self.n_components_:
            raise ValueError(
                f"X has {n_columns} columns, and must have one for each of the "
                f"{self.n_components_} components."
            )
        if self.n_components_ > 0:
            return super().inverse_transform(X)
        return np.tile(self.mean_, (len(X), 1))

    def denoise(self, X):
        """Take the noise out of new samples.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples that the components were not found with.

        Returns
        -------
        denoised : ndarray of shape (n_samples, n_features)
            Estimate of the signal, dense: the mean plus the scores times `denoise_weights_`, along
            the components.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=FLOATS, accept_sparse=("csr", "csc"), reset=False)
        scores = X @ self.components_.T - self.mean_ @ self.components_.T
        return (scores * self.denoise_weights_) @ self.components_ + self.mean_

    def _model_variances(self):
        """Variances of the signal along the sample axes, and in each direction."""
        signal = self._signal_along
        # Signal that was found and left out is somewhere off the axes.
        others = max(1, self.n_features_in_ - self.n_components_)
        spread = self._left_out_variance / others
        return np.maximum(signal - spread, 0), self.noise_variance_ + spread

    def get_covariance(self):
        """Covariance of the model, with the variances along the sample axes that suit it best.

        Returns
        -------
        covariance : ndarray of shape (n_features, n_features)
            ``noise_variance_`` on the diagonal, plus the signal that the axes hold; signal in
            components that were found and not kept is spread over the other directions.
        """
        check_is_fitted(self)
        return model_covariance(self.components_, *self._model_variances())

    def get_precision(self):
        """Inverse of :meth:`get_covariance`.

        Returns
        -------
        precision : ndarray of shape (n_features, n_features)
            In closed form.

        Raises
        ------
        ValueError
            If the data have no noise.
        """
        check_is_fitted(self)
        return model_precision(self.components_, *self._model_variances())

    def score_samples(self, X):
        """Log-likelihood of each sample under the Gaussian model of :meth:`get_covariance`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        log_likelihood : ndarray of shape (n_samples,)
            In O(n_features n_components_) each.

        Raises
        ------
        ValueError
            If the data have no noise.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=FLOATS, accept_sparse=("csr", "csc"), reset=False)
        return log_likelihood(
            CentredMatrix(X, mean=self.mean_), self.components_, *self._model_variances()
        )
