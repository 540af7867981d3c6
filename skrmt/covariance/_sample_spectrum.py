# SPDX-License-Identifier: BSD-3-Clause
r"""Eigenvalues and eigenvectors of a sample covariance matrix, and matrices made of them.

With fewer rows than columns the p x p matrix is neither formed nor decomposed. For rows A, scaled
so that ``S = A'A``, the n x n matrix ``AA' = V L V'`` has the eigenvalues of S, and the
eigenvectors of S are ``U = A' V L^(-1/2)``. These lose digits as the square root of L does: where L
spans more than seven decades they are the right singular vectors of A.

Which directions vary does not depend on the units of the columns, and is decided on the correlation
matrix wherever the covariance matrix leaves a doubt; so is all else where the units differ so much
that an eigensolver would lose the columns of the small ones.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh, svd

from skrmt.covariance._moments import RowStatistic
from skrmt.covariance._unequal_units import inverse_in_units, spectrum_in_units

# Least eigenvalue, to the largest, that the n x n matrix gives an eigenvector good to 1e-9 for.
_WELL_CONDITIONED = 1e-7
# Ratio of two columns' standard deviations up to which the small variance keeps half of its digits,
# and up to which the eigenvectors have six in each unit.
_EQUAL_UNITS, _DIGITS_LEFT = 1e4, 1e10
_TILE = 256


@dataclass(frozen=True, eq=False)
class SampleSpectrum:
    """Spectrum of a sample covariance or correlation matrix.

    Attributes
    ----------
    eigenvalues : ndarray of shape (rank,)
        Those that are not zero, ascending.
    vectors : ndarray of shape (n_features, rank)
        Eigenvectors; zero in columns without variance.
    n_directions : int
        Dimensions that have variance: without constant columns and, where there were rows enough
        to tell, without directions that are constant. ``n_directions - rank`` are null for want of
        rows.
    n_samples : float
        Degrees of freedom.
    total : float
        Sum of the weights.
    mean : ndarray of shape (n_features,)
        Location.
    varying : ndarray of bool, shape (n_features,)
        Which columns have variance.
    deviations : ndarray of shape (n_features,) or None
        Standard deviations, where the matrix is that of correlations.
    fourth : callable or None
        Gives the sum of the fourth powers of the lengths of the rows that the matrix is the
        covariance of, which may take another pass. None for correlations of rows that are gone.
    unit_ratio : float
        Largest standard deviation of a column to the least; 1 for correlations.
    """

    eigenvalues: np.ndarray
    vectors: np.ndarray
    n_directions: int
    n_samples: float
    total: float
    mean: np.ndarray
    varying: np.ndarray
    deviations: np.ndarray | None
    fourth: Callable[[], float] | None
    unit_ratio: float

    def padded(self, values, null=0.0, size=None):
        """Put values of the eigenvectors behind those of all other directions.

        Parameters
        ----------
        values : ndarray of shape (rank,)
            A value for each eigenvector.
        null : float, default=0.0
            The value of null directions.
        size : int, default=None
            Length of the result, filled with zeros from the left; None is `n_directions`.

        Returns
        -------
        padded : ndarray of shape (size,)
            The values in ascending order of the eigenvalues.
        """
        n_null = self.n_directions - len(values)
        padded = np.concatenate([np.full(n_null, null), values])
        size = self.n_directions if size is None else size
        return np.concatenate([np.zeros(size - len(padded)), padded])

    def matrix(self, values, null, dtype, *, inverse=False):
        """Form the matrix with these eigenvectors and other eigenvalues.

        Parameters
        ----------
        values : ndarray of shape (rank,)
            Its eigenvalues, not negative.
        null : float
            Eigenvalue of the null directions.
        dtype : dtype
            Float type of the result.
        inverse : bool, default=False
            Form the pseudo-inverse instead.

        Returns
        -------
        matrix : ndarray of shape (n_features, n_features)
            Symmetric; in units of the data, also where the spectrum is that of correlations.

        Raises
        ------
        ValueError
            If the result is beyond the range of its float type, or units differ too much for an
            inverse.
        """
        if inverse and self.unit_ratio > _EQUAL_UNITS:
            found = self._inverse_in_units(values, null, dtype)
            if found is not None:
                return found
        scale = np.ones(len(self.varying)) if self.deviations is None else self.deviations.copy()
        with np.errstate(over="ignore", invalid="ignore"):
            if inverse:
                values, null = _inverse(values), float(_inverse(np.array(null)))
                scale = _inverse(scale)
            # A null space that has no variance is not an eigenspace to add a constant on.
            if self.n_directions == len(values):
                null = 0.0
            V = scale[:, np.newaxis] * self.vectors
            matrix = _symmetric(V, values - null, dtype)
            diagonal = null * np.where(self.varying, scale, 0.0) ** 2
            matrix.flat[:: len(matrix) + 1] += diagonal.astype(dtype)
        _check_range(matrix, inverse)
        return matrix

    def _inverse_in_units(self, values, null, dtype):
        """Invert through correlations, if that is possible and nothing else is if it is not."""
        inverse = None
        if self.n_directions == self.varying.sum():
            inverse = inverse_in_units(self.matrix(values, null, np.float64))
        if inverse is None:
            if self.unit_ratio <= _DIGITS_LEFT:
                return None
            raise ValueError(
                "The precision matrix has no correct digits: columns of X depend on each other, "
                "and their variances differ too much. Rescale X, set scale=True where there is "
                "this parameter, or store_precision=False."
            )
        with np.errstate(over="ignore"):
            inverse = inverse.astype(dtype)
        _check_range(inverse, True)
        return inverse


def _check_range(matrix, inverse):
    if not np.isfinite(matrix.flat[:: len(matrix) + 1]).all():
        which = "precision" if inverse else "covariance"
        raise ValueError(
            f"The {which} matrix exceeds the range of {matrix.dtype.name}; rescale X, or use "
            "another float type."
        )


def _inverse(values):
    return np.divide(1.0, values, out=np.zeros_like(values), where=values > 0)


def _symmetric(V, weights, dtype):
    """Form ``V diag(weights) V'`` in tiles, each once, with little memory beside it."""
    p = len(V)
    matrix = np.empty((p, p), dtype=dtype)
    for start in range(0, p, _TILE):
        stop = min(start + _TILE, p)
        tile = (V[start:stop] * weights) @ V[start:].T
        corner = tile[:, : stop - start]
        tile[:, : stop - start] = (corner + corner.T) / 2
        matrix[start:stop, start:] = tile
        matrix[start:, start:stop] = tile.T
    return matrix


def sample_spectrum(statistic, *, ddof, scale=False, rows=None):
    """Decompose the sample covariance matrix of a statistic.

    Parameters
    ----------
    statistic : RowStatistic or MomentStatistic
        Rows or their moments.
    ddof : float
        What the sum of the weights is reduced by, to give the degrees of freedom.
    scale : bool, default=False
        Decompose the correlation matrix.
    rows : RowStatistic or DaskSamples, default=None
        The rows of a MomentStatistic, if they are still there.

    Returns
    -------
    spectrum : SampleSpectrum
        Eigenvalues above rounding, and their eigenvectors.

    Raises
    ------
    ValueError
        If squares of the data overflow or underflow.
    """
    n_samples, of_rows = statistic.total - ddof, isinstance(statistic, RowStatistic)
    with np.errstate(over="ignore"):
        if of_rows:
            mean, Y, low, high = statistic.centred()
            A = Y * np.sqrt(statistic.weights / n_samples)[:, np.newaxis]
            variances = np.einsum("ij,ij->j", A, A)
        else:
            mean, low, high = statistic.mean, statistic.low, statistic.high
            variances = statistic.scatter.diagonal() / n_samples
    varying = low != high if statistic.centre else (low != 0) | (high != 0)
    _check_squares(variances, varying)
    p, used = len(mean), int(varying.sum())
    deviations = np.sqrt(variances[varying])
    unit_ratio = 1.0 if scale or not used else float(deviations.max() / deviations.min())
    equal_units = unit_ratio <= _EQUAL_UNITS
    # Sums of n products round at random, an eigensolver by the size of the matrix at most; small
    # matrices of few rows by some units all the same, for which 16 stands.
    least = np.finfo(np.float64).eps * (p + np.sqrt(statistic.total) + 16)

    def decomposed(unit):
        if of_rows:
            B = (A if used == p else A[:, varying]) * unit
            lam, U = _of_rows(B) if len(B) < used else _of_matrix(B.T @ B)
        else:
            S = statistic.scatter if used == p else statistic.scatter[np.ix_(varying, varying)]
            lam, U = _of_matrix(S * (unit[:, np.newaxis] * (unit / n_samples)))
        kept = lam > least * lam[-1] if used else np.zeros(0, dtype=bool)
        return lam[kept], U[:, kept]

    most = min(used, np.floor(n_samples))
    lam, U = decomposed(np.ones(used) if equal_units and not scale else 1 / deviations)
    if not equal_units:
        lam, U = spectrum_in_units(lam, U, deviations)
    elif not scale and len(lam) < most:
        # Is a direction constant, or small in its units?
        correlations = decomposed(1 / deviations)
        if len(correlations[0]) > len(lam):
            lam, U = spectrum_in_units(*correlations, deviations)
    n_directions = used
    if len(lam) < most:
        # Too few different rows, or directions in which none of very many varies?
        distinct = statistic.codes() if of_rows else statistic.distinct
        if distinct is None:
            n_directions = len(lam)
    unit = 1 / deviations if scale else np.ones(used)

    def fourth():
        if of_rows:
            B = (A if used == p else A[:, varying]) * unit
            return _fourth(B, statistic.weights, n_samples)
        return rows.fourth_moment(mean, varying, unit) if scale else statistic.fourth

    gone = scale and not of_rows and rows is None
    return SampleSpectrum(
        lam,
        _at(varying, U),
        n_directions,
        n_samples,
        statistic.total,
        mean,
        varying,
        _at(varying, deviations) if scale else None,
        None if gone else fourth,
        unit_ratio,
    )


def _check_squares(variances, varying):
    if not np.isfinite(variances.sum()):
        raise ValueError("The squares of X overflow; rescale X.")
    # Below this, squares are short of digits or 0.
    least = np.finfo(np.float64).tiny / np.finfo(np.float64).eps
    if (variances[varying] < least).any():
        at = int(np.flatnonzero(varying & (variances < least))[0])
        raise ValueError(
            f"The squares of X underflow in column {at}, which varies by less than 1e-146; rescale "
            "the column, or leave it out."
        )


def _at(where, values):
    """Put values, or rows, at these places, and zeros elsewhere."""
    if where.all():
        return values
    result = np.zeros((len(where), *values.shape[1:]))
    result[where] = values
    return result


def _fourth(A, weights, n_samples):
    """Sum of ``w |y|^4``, from rows that were multiplied by ``sqrt(w / n_samples)``."""
    with np.errstate(over="ignore"):
        squares = np.einsum("ij,ij->i", A, A) * n_samples
        return float((squares / weights) @ squares)


def _of_matrix(S):
    if not len(S):
        return np.zeros(0), np.zeros((0, 0))
    return eigh(S, overwrite_a=True, check_finite=False, driver="evd")


def _of_rows(A):
    """Eigenvalues and eigenvectors of A'A, for a wide A; numerically null ones may be left out."""
    lam, V = eigh(A @ A.T, overwrite_a=True, check_finite=False, driver="evd")
    least = np.finfo(np.float64).eps * sum(A.shape) * lam[-1]
    kept = lam > least
    if lam[kept][0] < _WELL_CONDITIONED * lam[-1]:
        _, singular, V = svd(A, full_matrices=False, check_finite=False)
        return singular[::-1] ** 2, V[::-1].T
    return lam[kept], (A.T @ V[:, kept]) / np.sqrt(lam[kept])
