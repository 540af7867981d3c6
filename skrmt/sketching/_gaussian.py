# SPDX-License-Identifier: BSD-3-Clause
"""Gaussian projection: the reference law, a plain matrix product."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_random_state


@dataclass(frozen=True, eq=False)
class GaussianProjection:
    """Projection by a matrix of independent standard normal entries.

    Use :func:`draw_gaussian` to make one.

    Parameters
    ----------
    weights : ndarray of shape (n_components, n_features)
        Rows of the projection.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.sketching import draw_gaussian
    >>> draw_gaussian(3, 5, random_state=0).project(np.ones((2, 3))).shape
    (2, 5)
    """

    weights: np.ndarray

    @property
    def n_components(self) -> int:
        """Number of projections."""
        return self.weights.shape[0]

    @property
    def n_features(self) -> int:
        """Number of inputs."""
        return self.weights.shape[1]

    @property
    def n_nonzero(self) -> int:
        """Number of coordinates that a row reads: all."""
        return self.n_features

    @property
    def unit_scale(self) -> float:
        """Factor that gives the weights variance 1."""
        return 1.0

    @property
    def weight_kurtosis(self) -> float:
        """Fourth moment of a weight of variance 1."""
        return 3.0

    @property
    def weight_comoment(self) -> float:
        """Mean of the product of the squares of two weights of a row."""
        return 1.0

    def project(self, X):
        """Project rows.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Rows, float32 or float64.

        Returns
        -------
        Y : ndarray of shape (n_samples, n_components)
            Projections in the dtype of `X`.
        """
        return X @ self.weights.T.astype(X.dtype, copy=False)


def draw_gaussian(n_features: int, n_components: int, *, random_state=None) -> GaussianProjection:
    """Draw a Gaussian projection.

    Parameters
    ----------
    n_features : int
        Number of inputs.
    n_components : int
        Number of projections.
    random_state : int, RandomState instance or None, default=None
        Source of the weights.

    Returns
    -------
    projection : GaussianProjection
        The operator; its weights take ``8 n_components n_features`` bytes.

    Examples
    --------
    >>> from skrmt.sketching import draw_gaussian
    >>> draw_gaussian(3, 5, random_state=0).weights.shape
    (5, 3)
    """
    rng = check_random_state(random_state)
    return GaussianProjection(rng.standard_normal((n_components, n_features)))
