# SPDX-License-Identifier: BSD-3-Clause
r"""Second moments of rows and targets: all that ridge regression needs to know of them.

For rows r_i (in d columns), targets y_i and weights w_i the statistic holds ``N = sum w``, the
weighted means and the centred sums

    ``G = sum w (r - r0)(r - r0)'``,   ``C = sum w (r - r0)(y - y0)'``,   ``sum w (y - y0)^2``.

Statistics of two sets of rows add up, with a term of rank one for the distance d of their means,
``N1 N2 / (N1 + N2) d d'`` (T. Chan, G. Golub, R. LeVeque, 1983), so that nothing large is ever
subtracted. Without intercept the means are left at 0 and the same rule holds.

Rows may be made of K members side by side. Of the K x K blocks of G a *ring* keeps those of each
member with itself and with the next one: ``2 K m^2`` numbers in place of ``(K m)^2``.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import issparse

from skrmt.linear_model._problem import row_batches


def row_products(R, ring):
    """Products of columns.

    Parameters
    ----------
    R : ndarray of shape (n_samples, n_columns)
        Rows.
    ring : int or None
        Number K of members, to keep a ring of blocks only.

    Returns
    -------
    products : ndarray of shape (n_columns, n_columns) or (2, K, m, m)
        ``R'R``; or its blocks ``R_k'R_k`` and ``R_k'R_{k+1}``.
    """
    if ring is None:
        return R.T @ R
    members = R.reshape(len(R), ring, -1).transpose(1, 0, 2)
    transposed = members.transpose(0, 2, 1)
    return np.stack([transposed @ members, transposed @ np.roll(members, -1, axis=0)])


@dataclass(frozen=True, eq=False)
class GramStatistic:
    """Moments of rows and targets, all in float64.

    Attributes
    ----------
    n_rows : int
        Number of rows.
    total : float
        Sum N of their weights.
    mean, y_mean : ndarray of shape (n_columns,), (n_targets,)
        Weighted means; zeros without intercept.
    products : ndarray of shape (n_columns, n_columns) or (2, K, m, m)
        G, or the ring of its blocks.
    cross : ndarray of shape (n_columns, n_targets)
        C.
    y_squares : ndarray of shape (n_targets,)
        Sums of squares of the targets.
    ring : int or None
        Number K of members where only a ring is kept.
    """

    n_rows: int
    total: float
    mean: np.ndarray
    y_mean: np.ndarray
    products: np.ndarray
    cross: np.ndarray
    y_squares: np.ndarray
    ring: int | None = None

    def merge(self, other):
        """Statistic of both sets of rows.

        Parameters
        ----------
        other : GramStatistic
            Of other rows, with the same columns and ring.

        Returns
        -------
        merged : GramStatistic
            Neither operand changes.
        """
        total = self.total + other.total
        share = other.total / total
        between = self.total * share
        shift, y_shift = other.mean - self.mean, other.y_mean - self.y_mean
        products = row_products(shift[np.newaxis], self.ring)
        products *= between
        products += self.products
        products += other.products
        return GramStatistic(
            self.n_rows + other.n_rows,
            total,
            self.mean + share * shift,
            self.y_mean + share * y_shift,
            products,
            self.cross + other.cross + between * np.outer(shift, y_shift),
            self.y_squares + other.y_squares + between * y_shift**2,
            self.ring,
        )

    def shifted(self, offset):
        """Statistic of the same rows, each plus a constant row.

        Parameters
        ----------
        offset : ndarray of shape (n_columns,)
            The constant.

        Returns
        -------
        shifted : GramStatistic
            With another mean.
        """
        return replace(self, mean=self.mean + offset)

    def gram(self, j, k, size):
        """Block of G for two members.

        Parameters
        ----------
        j, k : int
            Members; in a ring, k is j or the one after j.
        size : int
            Columns m of a member.

        Returns
        -------
        block : ndarray of shape (m, m)
            ``sum w (r_j - mean)(r_k - mean)'``.
        """
        if self.ring is None:
            return self.products[j * size : (j + 1) * size, k * size : (k + 1) * size]
        return self.products[0 if j == k else 1, j]


def gram_statistic(R, Y, weights, *, centre, ring=None):
    """Statistic of rows that are at hand.

    Parameters
    ----------
    R : ndarray or CSR of shape (n_samples, n_columns)
        Rows, at least one; sparse ones only without `ring`.
    Y : ndarray of shape (n_samples, n_targets)
        Targets.
    weights : ndarray of shape (n_samples,) or None
        Positive weights.
    centre : bool
        Whether to take the means out.
    ring : int or None, default=None
        Number of members, to keep a ring of blocks only.

    Returns
    -------
    statistic : GramStatistic
        The moments.
    """
    n_rows = R.shape[0]
    w = np.ones(n_rows) if weights is None else weights
    total = float(w.sum())
    R, Y = R.astype(np.float64, copy=False), Y.astype(np.float64, copy=False)
    mean, y_mean = np.zeros(R.shape[1]), np.zeros(Y.shape[1])
    if centre:
        mean, y_mean = R.T @ w / total, w @ Y / total
        Y = Y - y_mean
    if issparse(R):
        # Never centred row by row: that would fill the zeros.
        weighted = R.multiply(w[:, np.newaxis]).tocsr()
        products = (R.T @ weighted).toarray() - total * np.outer(mean, mean)
        cross = weighted.T @ Y - np.outer(mean, w @ Y)
    else:
        roots = np.sqrt(w)[:, np.newaxis]
        R = (R - mean) * roots
        products, cross = row_products(R, ring), R.T @ (Y * roots)
    return GramStatistic(n_rows, total, mean, y_mean, products, cross, w @ Y**2, ring)


@dataclass(frozen=True, eq=False)
class Spread:
    """Mean of rows, and how far they lie from it; for inputs that are kept in sketched form only.

    Attributes
    ----------
    total : float
        Sum N of the weights.
    mean : ndarray of shape (n_features,) and dtype float64
        Weighted mean row; zeros without intercept.
    scatter : ndarray of shape (n_features,) and dtype float64
        Weighted sums of squared distances to the mean.
    """

    total: float
    mean: np.ndarray
    scatter: np.ndarray

    def merge(self, other):
        """Spread of both sets of rows.

        Parameters
        ----------
        other : Spread
            Of other rows.

        Returns
        -------
        merged : Spread
            Neither operand changes.
        """
        total = self.total + other.total
        share, shift = other.total / total, other.mean - self.mean
        scatter = self.scatter + other.scatter + self.total * share * shift**2
        return Spread(total, self.mean + share * shift, scatter)


def spread_of(problem):
    """Spread of rows that are at hand.

    Parameters
    ----------
    problem : RidgeProblem
        The rows, with their weights and means.

    Returns
    -------
    spread : Spread
        Mean and scatter of the columns.
    """
    X, mean = problem.X, problem.x_mean
    w = np.ones(problem.n_samples) if problem.weights is None else problem.weights
    if issparse(X):
        X = X.astype(np.float64, copy=False)
        scatter = X.multiply(X).T @ w - problem.total * mean**2
        return Spread(problem.total, mean, np.maximum(scatter, 0.0))
    scatter = np.zeros(problem.n_features)
    for rows in row_batches(*X.shape):
        scatter += w[rows] @ np.square(X[rows] - mean)
    return Spread(problem.total, mean, scatter)
