# SPDX-License-Identifier: BSD-3-Clause
r"""A weighted least-squares problem, centred: what every ridge estimator here starts from.

With weights w and N = sum w, the intercept leaves the problem when rows and targets are centred at
their weighted means, and the weights when each centred row is multiplied by sqrt(w). All that
follows is written for such rows: Z (n x m) and Y (n x q) with penalty ``alpha = N * ridge``.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import gen_batches

from skrmt.utils._arrays import (
    beside,
    cast,
    column_squares,
    is_numpy,
    kept_rows,
    namespace_of,
    on_host,
    row_squares,
)

# Entries of a block of rows: 16 to 32 MB, in the cache of no machine but far below any memory.
BLOCK_ENTRIES = 1 << 22
# A difference of mean squares above this share of them has digits enough for a scale.
DIGITS_LEFT = 1e-4
# Mean squares beyond these leave no room for products of two.
SMALLEST_SQUARE, LARGEST_SQUARE = 1e-200, 1e200


def row_batches(n_rows, n_columns):
    """Slices of rows with about `BLOCK_ENTRIES` entries each.

    Parameters
    ----------
    n_rows : int
        Number of rows.
    n_columns : int
        Entries of a row.

    Returns
    -------
    slices : generator of slice
        In order; each of at least one row.
    """
    return gen_batches(n_rows, max(1, BLOCK_ENTRIES // max(1, n_columns)))


@dataclass(frozen=True, eq=False)
class RidgeProblem:
    """Rows, targets and weights, with their weighted means.

    Attributes
    ----------
    X : array or CSR of shape (n_samples, n_features)
        Rows as given, without those of weight 0: of NumPy, or of another library, on its device.
    Y : array of shape (n_samples, n_targets) and dtype float64
        Targets as given; where X is.
    weights : array of shape (n_samples,) and dtype float64, or None
        Positive; None stands for ones. Where X is.
    x_mean, y_mean : ndarray of shape (n_features,), (n_targets,) and dtype float64
        Weighted means; zeros without intercept.
    fit_intercept : bool
        Whether the means are taken out.
    repeats : array of shape (n_samples,) or None
        How often a row stands for itself, where weights say so; None where rows are single.
        Where X is.
    """

    X: object
    Y: object
    weights: object
    x_mean: np.ndarray
    y_mean: np.ndarray
    fit_intercept: bool
    repeats: object = None

    @property
    def n_samples(self):
        """Number of rows with a weight."""
        return self.X.shape[0]

    @property
    def n_features(self):
        """Number of columns."""
        return self.X.shape[1]

    @property
    def n_targets(self):
        """Number of targets."""
        return self.Y.shape[1]

    @cached_property
    def total(self):
        """Sum of the weights, N: the number of rows without weights."""
        return float(self.n_samples if self.weights is None else _total(self.weights))

    @cached_property
    def root_weights(self):
        """Square roots of the weights, or None."""
        return None if self.weights is None else namespace_of(self.weights).sqrt(self.weights)

    @property
    def weights_repeat(self):
        """Whether rows stand for repetitions."""
        return self.repeats is not None

    @property
    def n_observations(self):
        """Number of rows, each as often as it is repeated."""
        return self.n_samples if self.repeats is None else round(_total(self.repeats))

    @cached_property
    def interval_weights(self):
        """Weights of residuals: repetitions, or precisions of mean 1, or None."""
        if self.weights is None or self.repeats is not None:
            return self.weights
        return self.weights / float(namespace_of(self.weights).mean(self.weights))

    @cached_property
    def scaled_targets(self):
        """Centred targets times the roots of the weights, in float64."""
        centred = self.Y - beside(self.y_mean, self.Y)
        return centred if self.weights is None else centred * self.root_weights[:, None]

    @cached_property
    def total_variance(self):
        """Mean squared distance of a row to the mean row: the trace of the covariance."""
        return self._spread(0.0) if issparse(self.X) else self._dense_variance()

    def _dense_variance(self):
        """Of dense rows: from squares and the mean where these leave digits, else from differences.

        The first takes one pass of BLAS.
        """
        raw = self._spread(0.0)
        mean_square = raw + self.x_mean @ self.x_mean
        return raw if raw > DIGITS_LEFT * mean_square else self._spread(self.x_mean)

    def _spread(self, offset):
        """Mean squared distance to the mean, from rows less an offset (0 or the mean itself)."""
        w, squares = self._row_weights, 0.0
        if issparse(self.X):
            data = self.X.data.astype(np.float64)
            squares = np.repeat(w, np.diff(self.X.indptr)) @ (data * data)
        else:
            offset = offset if np.ndim(offset) == 0 else beside(offset, self.X)
            for rows in row_batches(*self.X.shape):
                block = self.X[rows, ...] if np.ndim(offset) == 0 else self.X[rows, ...] - offset
                if is_numpy(block) and self.weights is None and block.dtype == np.float64:
                    flat = block.ravel(order="K")  # no copy, whatever the order
                    squares += flat @ flat
                else:
                    squares += w[rows] @ row_squares(cast(block, np.float64))
        squares = float(squares)
        if np.ndim(offset) == 0:
            squares -= self.total * float(self.x_mean @ self.x_mean)
        return max(squares, 0.0) / self.total

    @cached_property
    def column_variances(self):
        """Weighted mean square of each column about its mean."""
        w, squares = self._row_weights, np.zeros(self.n_features)
        x_mean = beside(self.x_mean, self.X)
        for rows in row_batches(*self.X.shape):
            if issparse(self.X):
                block = self.X[rows]
                squares += block.multiply(block).astype(np.float64).T @ w[rows]
            else:
                squares += on_host(column_squares(w[rows], self.X[rows, ...] - x_mean))
        if issparse(self.X):
            squares -= self.total * self.x_mean**2
        return np.maximum(squares, 0.0) / self.total

    @property
    def _row_weights(self):
        """Weights, ones where there are none; where X is."""
        if self.weights is None:
            return beside(np.ones(self.n_samples), self.X)
        return self.weights

    def only_targets(self, targets):
        """The same rows with some of the targets.

        Parameters
        ----------
        targets : slice or ndarray of int
            Which targets, by NumPy.

        Returns
        -------
        problem : RidgeProblem
            Rows and weights are shared, not copied.
        """
        if is_numpy(self.Y) or isinstance(targets, slice):
            Y = self.Y[:, targets]
        else:
            Y = namespace_of(self.Y).take(self.Y, beside(targets, self.Y), axis=1)
        return replace(self, Y=Y, y_mean=self.y_mean[targets])


def _total(weights):
    """Sum of weights."""
    return float(namespace_of(weights).sum(weights))


def whole_numbers(weights):
    """Weights that count repetitions, or None.

    Counts are whole numbers with ones among them, and not all the same: rows that were repeated.
    Others are precisions. Beyond 2^52 every float is whole.

    Parameters
    ----------
    weights : array of shape (n_samples,) or None
        Weights, not negative.

    Returns
    -------
    repeats : array of shape (n_samples,) or None
        The same weights.
    """
    if weights is None:
        return None
    xp, positive = namespace_of(weights), weights[weights > 0]
    if not positive.shape[0]:
        return None
    least, most = float(xp.min(positive)), float(xp.max(positive))
    if least != 1 or most == 1 or most >= 2**52 or bool(xp.any(positive != xp.round(positive))):
        return None
    return weights


def make_problem(X, Y, weights, *, fit_intercept, repeats=None):
    """Drop the rows without weight and take the means.

    Parameters
    ----------
    X : array or CSR of shape (n_samples, n_features)
        Validated rows.
    Y : array of shape (n_samples, n_targets)
        Validated targets; where X is.
    weights : array of shape (n_samples,) or None
        Validated weights, not negative; where X is.
    fit_intercept : bool
        Whether to centre.
    repeats : array of shape (n_samples,), default=None
        Numbers of repetitions among the weights; None takes the weights if they are whole numbers.

    Returns
    -------
    problem : RidgeProblem
        The problem; `X` and `Y` are not copied where no row is dropped.

    Raises
    ------
    ValueError
        If fewer than two rows have a weight, or the scale of X or Y is beyond all measure.
    """
    Y = _as_float64(Y)
    if weights is not None:
        weights = _as_float64(weights)
        repeats = whole_numbers(weights if repeats is None else _as_float64(repeats))
        kept = weights > 0
        if not bool(namespace_of(kept).all(kept)):
            X, Y, weights = (kept_rows(array, kept) for array in (X, Y, weights))
            repeats = None if repeats is None else kept_rows(repeats, kept)
        if X.shape[0] < 2:
            raise ValueError(
                f"sample_weight is positive for {X.shape[0]} row(s); at least 2 are needed."
            )
    problem = _centred(X, Y, weights, fit_intercept, repeats)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        deviations = Y - beside(problem.y_mean, Y)
        deviations *= deviations
        spread = problem.total_variance, float(namespace_of(Y).mean(deviations))
    for name, square in zip(("X", "y"), spread, strict=True):
        if square and not SMALLEST_SQUARE <= square <= LARGEST_SQUARE:
            raise ValueError(
                f"The values of {name} have a mean square of {square:.3g} about their mean, "
                f"outside of [{SMALLEST_SQUARE:g}, {LARGEST_SQUARE:g}]; rescale {name}."
            )
    return problem


def _as_float64(array):
    """Array of any library in float64."""
    return np.asarray(array, np.float64) if is_numpy(array) else cast(array, np.float64)


def _centred(X, Y, weights, fit_intercept, repeats):
    """Take the means."""
    n_samples, n_features = X.shape
    if not fit_intercept:
        zeros = np.zeros(n_features), np.zeros(Y.shape[1])
        return RidgeProblem(X, Y, weights, *zeros, fit_intercept, repeats)
    w = beside(np.ones(n_samples), X) if weights is None else weights
    x_mean = beside(np.zeros(n_features), X)
    if issparse(X):
        x_mean += X.T @ w
    else:
        for rows in row_batches(n_samples, n_features):
            x_mean += w[rows] @ cast(X[rows, ...], np.float64)
    total = _total(w)
    means = on_host(x_mean / total), on_host(w @ Y / total)
    return RidgeProblem(X, Y, weights, *means, fit_intercept, repeats)
