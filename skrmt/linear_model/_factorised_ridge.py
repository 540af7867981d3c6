# SPDX-License-Identifier: BSD-3-Clause
r"""Ridge regression at single penalties by Cholesky factorisation of the smaller Gram matrix.

With A (n x p) centred and times sqrt(w), for p < n and otherwise::

    beta = (A'A + alpha I)^-1 A'y,    r = y - A beta
    beta = A'c,   r = alpha c,   c = (AA' + alpha I)^-1 y
"""

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from skrmt.linear_model._rows import rows_of

MOST_FACTORISATIONS = 8


class FactorisedRidge:
    """Ridge regression with the Gram matrix at hand.

    Parameters
    ----------
    problem : RidgeProblem
        The data.
    """

    def __init__(self, problem):
        self._rows, self._Y = rows_of(problem), problem.scaled_targets
        n, p = self._rows.shape
        self._primal = p < n
        self._gram = self._rows.gram() if self._primal else self._rows.outer()
        self._image = self._rows.transposed_dot(self._Y) if self._primal else self._Y

    def __call__(self, alpha):
        """Solve at a penalty.

        Parameters
        ----------
        alpha : float
            Positive.

        Returns
        -------
        residuals : ndarray of shape (n_samples, n_targets)
            In the unit of A.
        coef : ndarray of shape (n_features, n_targets)
            In the dtype of X.
        """
        shifted = self._gram.copy()
        shifted.flat[:: len(shifted) + 1] += alpha
        factor = cho_factor(shifted, overwrite_a=True, check_finite=False)
        solved = cho_solve(factor, self._image.astype(np.float64), check_finite=False)
        if not self._primal:
            return alpha * solved, self._rows.transposed_dot(solved)
        coef = solved.astype(self._rows.dtype)
        residuals = self._Y.copy()
        for rows, dot in self._rows.blocks():
            residuals[rows] -= dot(coef)
        return residuals, coef


def golden_section(function, n_points, most=MOST_FACTORISATIONS):
    """Smallest value of a function that falls, then rises, on 0, ..., n_points - 1.

    Parameters
    ----------
    function : callable
        Of an index.
    n_points : int
        How many points.
    most : int, default=8
        Evaluations, at most; 8 are enough for 54 points.

    Returns
    -------
    index : int
        The best point that was evaluated.
    """
    values, low, high = {}, -1, n_points

    def value(index):
        if index not in values:
            values[index] = function(index)
        return values[index]

    # Between low and high, both excluded, lies the minimum; an inner point there was evaluated.
    inner = None
    while high - low > 1 and len(values) < most:
        if inner is None:
            inner = low + max(1, round((high - low) * 0.382))
            value(inner)
            continue
        if high - low == 2:
            break
        wider_right = high - inner >= inner - low
        gap = max(1, round((high - inner if wider_right else inner - low) * 0.382))
        other = inner + gap if wider_right else inner - gap
        if not low < other < high:
            other = inner - 1 if wider_right else inner + 1
        if value(other) < value(inner):
            low, high = (inner, high) if other > inner else (low, inner)
            inner = other
        elif other > inner:
            high = other
        else:
            low = other
    return min(values, key=values.get)
