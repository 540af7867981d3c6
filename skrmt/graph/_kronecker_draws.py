# SPDX-License-Identifier: BSD-3-Clause
"""Poisson draws of the cells of a Kronecker power.

A Poisson number of cells, drawn independently with probabilities proportional to
``theta (x) ... (x) theta``, hits each cell an independent Poisson number of times. Few draws are
made digit by digit. Many are made in two parts, so that they come out almost sorted: the number of
draws whose leading digits are given is Poisson too, independent for each such block of cells;
within a block, the other digits are drawn several at a time from alias tables. Rows of blocks with
as many draws as fit a processor's cache are then completed, and sorted, on their own (ours).
"""

import numpy as np

from skrmt.graph._alias_table import AliasTable

# Cells of blocks at most, draws per block at least: a count costs as much as some draws.
_MOST_BLOCKS = 2**16
_DRAWS_PER_BLOCK = 32
# Cells of an alias table at most: two of them stay in the first-level cache.
_MOST_OUTCOMES = 2**12
_DRAWS_PER_OUTCOME = 4
# Draws completed at once, for the temporaries to stay in cache.
_AT_ONCE = 2**16


def few_cells(matrix, n_levels, n_draws, rng):
    """Draw cells digit by digit.

    Parameters
    ----------
    matrix : ndarray of float64, shape (m, m)
        Weights of the pairs of digits, with a positive sum.
    n_levels : int
        Kronecker power K.
    n_draws : int
        Number of draws.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    rows, cols : ndarray of int64, shape (n_draws,)
        The cells.
    """
    size = len(matrix)
    cumulated = matrix.ravel().cumsum()
    # Divided by itself, the end is 1 exactly: no draw falls beyond it, nor on a cell of weight 0.
    cumulated /= cumulated[-1]
    powers = size ** np.arange(n_levels - 1, -1, -1, dtype=np.int64)
    rows, cols = np.empty(n_draws, np.int64), np.empty(n_draws, np.int64)
    step = max(1, _AT_ONCE * 16 // n_levels)
    for start in range(0, n_draws, step):
        part = slice(start, min(start + step, n_draws))
        shape = (part.stop - start, n_levels)
        digits = np.searchsorted(cumulated, rng.random(shape), side="right")
        a, b = np.divmod(digits, size)
        rows[part], cols[part] = a @ powers, b @ powers
    return rows, cols


class BlockedDraws:
    """Draws of many cells, one range of rows after the other.

    The cells are given by keys ``(row - first row) * N + col``.

    Parameters
    ----------
    matrices : ndarray of float64, shape (n_terms, m, m)
        Weights of the pairs of digits, of one or more Poisson draws.
    means : ndarray of float64, shape (n_terms,)
        Their mean numbers of cells.
    n_levels : int
        Kronecker power K, with ``N = m^K <= 2^32``.
    directed : bool
        Whether cells are drawn in both triangles; if not, the weights are symmetric, and cells of
        the lower triangle are mirrored.
    rng : numpy.random.Generator
        Source of chance.
    """

    def __init__(self, matrices, means, n_levels, directed, rng):
        size, most = matrices.shape[1], means.max()
        self._directed, self._rng = directed, rng
        n_leading = n_digits_within(size, min(_MOST_BLOCKS, most / _DRAWS_PER_BLOCK), n_levels)
        n_left = n_levels - n_leading
        self._width, self._n_vertices = size**n_left, size**n_levels
        #: Keys of one row of blocks.
        self.span = self._width * self._n_vertices
        narrow = self.span <= 2**32 and self._n_vertices < 2**32
        #: Type of the keys.
        self.dtype = np.dtype(np.uint32 if narrow else np.uint64)
        n_rows = size**n_leading
        if directed:
            self._row, self._col = np.divmod(np.arange(n_rows * n_rows), n_rows)
        else:
            self._row, self._col = np.triu_indices(n_rows)
        self._first = np.searchsorted(self._row, np.arange(n_rows + 1))
        counts, self._tables = [], []
        for matrix, mean in zip(matrices, means, strict=True):
            weights = kronecker_power(matrix, n_leading)[self._row, self._col]
            if not directed:
                weights *= 2.0 - (self._row == self._col)
            counts.append(rng.poisson(weights * (mean / matrix.sum() ** n_leading)))
            self._tables.append(self._tables_of(matrix, n_left, mean))
        self._counts = np.array(counts)
        per_row = np.add.reduceat(self._counts.sum(axis=0), self._first[:-1])
        #: First rows of blocks of the ranges, and their end.
        self.ranges = _ranges(per_row, max(1, 2**32 // self.span) if narrow else n_rows)

    def _tables_of(self, matrix, n_left, mean):
        """Make the alias tables of the digits left, and the keys that their outcomes add."""
        size = len(matrix)
        most = min(_MOST_OUTCOMES, mean / _DRAWS_PER_OUTCOME)
        n_tables = -(-n_left // max(1, n_digits_within(size, most, n_left)))
        made, tables = {}, []
        for i in range(n_tables):
            n_digits = n_left // n_tables + (i < n_left % n_tables)
            if n_digits not in made:
                made[n_digits] = AliasTable(kronecker_power(matrix, n_digits).ravel())
            n_left_after = sum(n_left // n_tables + (j < n_left % n_tables) for j in range(i))
            n = size**n_digits
            row, col = np.divmod(np.arange(n * n, dtype=np.uint64), np.uint64(n))
            keys = (row * np.uint64(self._n_vertices) + col) * np.uint64(size**n_left_after)
            tables.append((made[n_digits], made[n_digits].outcomes(keys.astype(self.dtype))))
        return tables

    def keys(self, start, stop):
        """Draw the cells of a range of rows of blocks.

        Parameters
        ----------
        start, stop : int
            First row of blocks of this range and of the next.

        Returns
        -------
        list of ndarray
            Keys of each term's cells, in no order and with repetitions.
        """
        blocks = slice(self._first[start], self._first[stop])
        row, col = self._row[blocks] - start, self._col[blocks]
        # Blocks on the diagonal come first: theirs are the cells to be mirrored.
        order = np.argsort(row + start != col, kind="stable")
        row, col = row[order].astype(np.uint64), col[order].astype(np.uint64)
        base = row * np.uint64(self.span) + col * np.uint64(self._width)
        base = base.astype(self.dtype)
        found = []
        for counts, tables in zip(self._counts[:, blocks], self._tables, strict=True):
            keys = np.repeat(base, counts[order])
            for begin in range(0, len(keys), _AT_ONCE):
                part = keys[begin : begin + _AT_ONCE]
                for table, outcomes in tables:
                    part += table.draw(outcomes, len(part), self._rng)
            if not self._directed:
                self._mirror(keys[: counts[order[: stop - start]].sum()], start)
            found.append(keys)
        return found

    def _mirror(self, keys, start):
        """Move cells of the lower triangle to the upper one, in place."""
        side, first = self.dtype.type(self._n_vertices), self.dtype.type(start * self._width)
        row = keys // side
        col = keys - row * side
        row += first
        keys[:] = (np.minimum(row, col) - first) * side + np.maximum(row, col)


def n_digits_within(size, most_cells, n_levels):
    """Find how many pairs of digits have no more than so many values.

    Parameters
    ----------
    size : int
        Values of a digit.
    most_cells : float
        Values of all pairs at most.
    n_levels : int
        Number of pairs at most.

    Returns
    -------
    int
        The number, 0 if one pair has more values.
    """
    n_digits = 0
    while n_digits < n_levels and size ** (2 * n_digits + 2) <= most_cells:
        n_digits += 1
    return n_digits


def kronecker_power(matrix, n_levels):
    """Compute a Kronecker power.

    Parameters
    ----------
    matrix : ndarray of float64, shape (m, m)
        The factor.
    n_levels : int
        Number of factors K, 0 or more.

    Returns
    -------
    ndarray of float64, shape (m^K, m^K)
        The power.
    """
    power = np.ones((1, 1))
    for _ in range(n_levels):
        n = len(power) * len(matrix)
        power = (power[:, None, :, None] * matrix[:, None, :]).reshape(n, n)
    return power


def _ranges(per_row, most_rows):
    """Cut rows of blocks into ranges of few draws, and of no more rows than keys are for."""
    cuts, held = [0], 0
    for row, drawn in enumerate(per_row.tolist()):
        if row > cuts[-1] and (held + drawn > _AT_ONCE or row - cuts[-1] >= most_rows):
            cuts.append(row)
            held = 0
        held += drawn
    return [*cuts, len(per_row)]
