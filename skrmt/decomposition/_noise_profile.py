# SPDX-License-Identifier: BSD-3-Clause
r"""What a matrix of noise looks like: the variances of its rows and columns, and its tails.

Noise with independent entries of variance ``a_i b_j`` has a largest singular value whose law is
known (:func:`skrmt.theory.separable_noise_law`). The sums of squares of its rows and columns
estimate a and b, but they scatter also where a and b do not: with ``kappa`` the fourth moment of a
standardised entry, sums over p entries have the relative variance ``(kappa - 1) / p``. What the
sums scatter beyond that is the scatter of a; the sums are drawn towards their mean until they
scatter as much (ours).

The law holds for tails that are not too heavy. An excess kurtosis c moves its edge E by about
``c E / sqrt(n p)``, and one entry of the size ``(n p)^(1/4)`` makes a singular value of its own.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from skrmt.theory import separable_noise_law

# Entries of the rows at which the tails are looked at, and how many of the heaviest rows are added.
_SAMPLED_ENTRIES, _FEWEST_ROWS = 1 << 16, 256
_HEAVIEST_ROWS = 32
# Rows of like variance are taken together, for the law, in about so many groups.
_MOST_GROUPS = 1024
# Of the size (n p)^(1/4) from which on an entry stands out by itself, squared.
_HEAVY_SHARE = 0.5
# In units of the law's scale, how far the tails may move its edge before the law is not trusted.
_LARGEST_SHIFT = 0.5
# Standard errors beyond which a scatter of the variances is one.
_SIGNIFICANT = 4.0


@dataclass(frozen=True, eq=False)
class NoiseProfile:
    """Independent entries of variance ``a_i b_j``.

    Attributes
    ----------
    row_variances, column_variances : ndarray
        The factors, for each degree of freedom; the mean of the first is 1.
    row_counts : ndarray
        How many rows have each variance.
    kurtosis : float
        Mean fourth power of a standardised entry.
    is_white : bool
        Whether the variances scatter no more than those of equal variances would.
    largest_entry : float
        Modulus of the largest standardised entry.
    """

    row_variances: np.ndarray
    row_counts: np.ndarray
    column_variances: np.ndarray
    kurtosis: float
    is_white: bool
    largest_entry: float

    @cached_property
    def law(self):
        """Law of the largest squared singular value, in squared units of the data."""
        return separable_noise_law(
            self.row_variances, self.column_variances, row_weights=self.row_counts
        )

    @property
    def is_heavy_tailed(self):
        """Whether the tails of the entries move the law by more than part of its scale."""
        law = self.law
        n_entries = self.row_counts.sum() * len(self.column_variances)
        moved = (self.kurtosis - 3) * law.loc / np.sqrt(n_entries)
        # Of so many Gaussian entries the largest square is 2 log of their number, twice that hardly
        # ever.
        limit = max(_HEAVY_SHARE * np.sqrt(n_entries), 4 * np.log(n_entries))
        alone = self.largest_entry**2 > limit
        return alone or moved > _LARGEST_SHIFT * law.scale


def _own_share(sums, counts, noise, unsure):
    """Ratio of the scatter of the variances to that of their sums, and whether it is significant.

    `noise` is the squared relative scatter that the sums of equal variances would have, `unsure`
    its relative standard error.
    """
    number, mean = counts.sum(), counts @ sums / counts.sum()
    scatter = float(counts @ (sums / mean - 1) ** 2) / number
    if scatter == 0:
        return 0.0, False
    own = max(0.0, (scatter - noise) / (1 + noise))
    # Standard error of the scatter of sums that are nearly Gaussian.
    error = noise * np.sqrt(2 / len(sums) + unsure**2)
    return np.sqrt(own / scatter), scatter - noise > _SIGNIFICANT * error


def _drawn(sums, share, mean):
    return mean + share * (sums - mean)


def _inverse(values):
    return np.divide(1.0, values, out=np.zeros_like(values), where=values > 0)


def _effective_number(sums, counts):
    return float((counts @ sums) ** 2 / (counts @ sums**2))


def _fewer(variances, n_dropped):
    """Leave some out in the middle of the order, and keep the sum."""
    n = len(variances)
    if n_dropped >= n:
        return variances
    kept = np.sort(variances)
    start = (n - n_dropped) // 2
    kept = np.delete(kept, slice(start, start + n_dropped))
    return kept * (variances.sum() / kept.sum())


def _largest_entry(entries, rows, columns, n_samples):
    """Largest squared entry by the mean squares of the others in its row and its column."""
    each, p = np.arange(len(entries)), len(columns)
    places = np.argmax(entries * _inverse(columns).astype(entries.dtype), axis=1)
    squares = entries[each, places].astype(np.float64)
    row_rest = np.maximum(rows - squares, 0) / (p - 1)
    column_rest = np.maximum(columns[places] - squares, 0) / (n_samples - 1)
    overall = max(float(columns.sum()) - float(squares.max()), 0) / (n_samples * p - 1)
    expected = row_rest * column_rest
    # What is alone in its row or its column is as large as can be.
    alone = np.where(squares > 0, np.inf, 0)
    ratios = np.divide(squares * overall, expected, out=alone, where=expected > 0)
    return float(ratios.max())


def _looked_at(squares, n_features):
    """Rows that are looked at entry by entry: the heaviest, and evenly spread ones of the rest."""
    n_samples = len(squares)
    step = -(-n_samples // max(_FEWEST_ROWS, _SAMPLED_ENTRIES // n_features))
    if step == 1 or n_samples * n_features <= 4 * _SAMPLED_ENTRIES:
        return np.empty(0, np.intp), np.arange(n_samples)
    n_heaviest = min(_HEAVIEST_ROWS, n_samples // 2)
    order = np.argpartition(squares, -n_heaviest)
    return order[-n_heaviest:], np.sort(order[:-n_heaviest])[::step]


def _sparser(variances, counts, n_dropped):
    """Leave out degrees of freedom in the middle of the order, and keep the sum."""
    if counts.max() == 1:
        fewer = _fewer(variances, n_dropped)
        return fewer, np.ones(len(fewer))
    # The heaviest rows stand for themselves, the others for many.
    many = counts > 1
    left = max(0.0, 1 - n_dropped / counts[many].sum())
    fewer = np.where(many, np.maximum(counts * left, 1), counts)
    return variances * (counts @ variances / (fewer @ variances)), fewer


def _grouped(variances):
    """Mean and size of groups of neighbours in order, the largest ones by themselves."""
    n = len(variances)
    if n <= _MOST_GROUPS:
        return variances, np.ones(n)
    variances = np.sort(variances)
    size = -(-n // _MOST_GROUPS)
    starts = np.concatenate(
        [np.arange(0, n - _HEAVIEST_ROWS, size), np.arange(n - _HEAVIEST_ROWS, n)]
    )
    counts = np.diff(starts, append=n)
    return np.add.reduceat(variances, starts) / counts, counts


def _counts(n_heaviest, n_even, n_samples):
    return np.repeat([1.0, (n_samples - n_heaviest) / n_even], [n_heaviest, n_even])


def crude_law(matrix):
    """Law of the largest squared singular value, if all of a matrix were noise.

    Its sums of squares are taken for the variances: a law that lies too high.

    Parameters
    ----------
    matrix : CentredMatrix
        The data, not all zero.

    Returns
    -------
    law : TracyWidom
        In squared units of the data.
    """
    rows = matrix.row_squares / matrix.total_square
    counts = np.ones(len(rows))
    if len(rows) > _MOST_GROUPS:
        heaviest, even = _looked_at(rows, _SAMPLED_ENTRIES // _MOST_GROUPS)
        counts = _counts(len(heaviest), len(even), len(rows))
        rows = rows[np.concatenate([heaviest, even])]
        rows /= counts @ rows
    # The mean takes a degree of freedom.
    rows, counts = _sparser(rows, counts, 1)
    return separable_noise_law(rows, matrix.column_squares, row_weights=counts)


def without_signal(rows, signal, s, Vt):
    """Take the signal out of rows, and leave the noise that its components hold.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
        Centred rows.
    signal : ndarray of shape (k,)
        What of the squared singular values is signal.
    s : ndarray of shape (k,)
        Singular values.
    Vt : ndarray of shape (k, n_features)
        Their axes.

    Returns
    -------
    rows : ndarray of shape (n_rows, n_features)
        With squared singular values that are smaller by `signal`.
    """
    squares = s.astype(np.float64) ** 2
    kept = np.sqrt(np.maximum(1 - signal / np.where(squares > 0, squares, 1), 0))
    return rows - ((rows @ Vt.T) * (1 - kept).astype(rows.dtype)) @ Vt


def noise_profile(matrix, signal, s, Vt):
    """Profile of what is left of a matrix without the signal of some components.

    Parameters
    ----------
    matrix : CentredMatrix
        The data.
    signal : ndarray of shape (k,)
        What of the squared singular values is signal.
    s : ndarray of shape (k,)
        Singular values of the components.
    Vt : ndarray of shape (k, n_features)
        Their axes.

    Returns
    -------
    profile : NoiseProfile
        Of the rest, which is not all zero.
    """
    n, p = matrix.shape[0], matrix.n_varying
    columns = np.maximum(matrix.column_squares - signal @ Vt.astype(np.float64) ** 2, 0)
    columns = columns[matrix.varying]
    total = float(columns.sum())
    heaviest, even = _looked_at(matrix.row_squares, p)
    entries = without_signal(matrix.rows(np.concatenate([heaviest, even])), signal, s, Vt)
    if p < matrix.shape[1]:
        entries = entries[:, matrix.varying]
    entries *= entries
    rows = entries.sum(axis=1, dtype=np.float64)
    n_heaviest = len(heaviest)

    standard = entries[n_heaviest:] * _inverse(columns / total).astype(entries.dtype)
    fourth = np.einsum("ij,ij->i", standard, standard, dtype=np.float64)
    live = np.count_nonzero(rows[n_heaviest:]) * np.count_nonzero(columns)
    # Entries are in the sums that they are divided by: for Gaussian ones, by these factors less.
    each = np.ones(p)
    effective = _effective_number(columns, each)
    fourth *= _inverse(rows[n_heaviest:]) ** 2 * (1 + 2 / effective) * (1 + 2 / n)
    kurtosis = float(fourth.sum()) / max(live, 1)
    unsure = float(fourth.std()) / fourth.mean() / np.sqrt(len(fourth))
    unsure *= kurtosis / max(kurtosis - 1, 0.1)
    largest = _largest_entry(entries, rows, columns, n)

    # The evenly spread rows stand for all but the heaviest.
    counts = _counts(n_heaviest, len(even), n)
    row_share, uneven_rows = _own_share(rows, counts, (kurtosis - 1) / effective, unsure)
    if n_heaviest and uneven_rows:
        # Then the tail of their law matters: all of them are looked at after all.
        squares = np.where(s > 0, s, 1).astype(np.float64) ** 2
        scores = matrix.dot(Vt.T).astype(np.float64) ** 2
        rows, counts = _grouped(np.maximum(matrix.row_squares - scores @ (signal / squares), 0))
    column_noise = (kurtosis - 1) / _effective_number(rows, counts)
    column_share, uneven_columns = _own_share(columns, each, column_noise, unsure)
    a = _drawn(rows, row_share, counts @ rows / counts.sum())
    b = _drawn(columns, column_share, columns.mean())
    # The mean takes a degree of freedom of the columns, each component one of both sides.
    a, row_counts = _sparser(a, counts, 1 + len(s))
    b = _fewer(b, len(s))
    n_left = row_counts.sum()
    # Where the signal alone was taken out, the noise that components hold is still in the sums.
    n_rows = n - 1 if signal.any() else n_left
    return NoiseProfile(
        row_variances=a * (n_left / (row_counts @ a)),
        row_counts=row_counts,
        column_variances=b * (total / b.sum()) / n_rows,
        kurtosis=kurtosis,
        is_white=not (uneven_rows or uneven_columns),
        largest_entry=float(np.sqrt(largest)),
    )
