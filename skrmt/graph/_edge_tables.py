# SPDX-License-Identifier: BSD-3-Clause
"""Edge probabilities of a Kronecker graph, looked up by the labels of the two ends.

Labels i, j in [0, m^K) are numbers of K digits to the base m, and

    P_K[i, j] = theta[i_1, j_1] ... theta[i_K, j_K]

(Leskovec et al., "Kronecker Graphs", JMLR 2010).

Cut the digits into a low and a high half: each half of a pair of labels is an index into a table of
all products over that half, so that an entry of P_K is one product of two entries, and its
logarithm one sum. The two tables together have about as many entries as there are labels.
"""

import numpy as np


class EdgeTables:
    """Entries of a Kronecker power and their logarithms.

    Parameters
    ----------
    initiator : array-like of shape (m, m)
        Edge probabilities theta, in [0, 1].
    n_levels : int
        The Kronecker power K, at least 1.

    Attributes
    ----------
    n_labels : int
        ``m ** n_levels``.
    low : ndarray of shape (m ** ceil(K / 2), m ** ceil(K / 2), 2) and dtype float64
        Products over the lower half of the digits, and in ``low[..., 1]`` their logarithms.
    high : ndarray of shape (m ** floor(K / 2), m ** floor(K / 2), 2) and dtype float64
        The same for the upper half; the same array where the halves are of one length.

    Examples
    --------
    >>> from skrmt.graph._edge_tables import EdgeTables
    >>> tables = EdgeTables([[0.9, 0.5], [0.5, 0.1]], n_levels=3)
    >>> tables.probability([0b000, 0b110], [0b000, 0b011]).round(4).tolist()
    [0.729, 0.025]
    """

    def __init__(self, initiator, n_levels):
        initiator = np.asarray(initiator, dtype=np.float64)
        if initiator.ndim != 2 or len(initiator) < 2 or len(initiator) != initiator.shape[1]:
            raise ValueError(
                f"initiator must be a square matrix of side 2 or more, got shape {initiator.shape}."
            )
        if not ((initiator >= 0) & (initiator <= 1)).all():
            raise ValueError(
                f"initiator must have entries in [0, 1], got {initiator.tolist()}; clip them."
            )
        if n_levels < 1:
            raise ValueError(f"n_levels must be at least 1, got {n_levels}.")
        self.n_labels = len(initiator) ** n_levels
        self.low = _half_table(initiator, n_levels - n_levels // 2)
        # one table in the cache instead of two equal ones
        self.high = _half_table(initiator, n_levels // 2) if n_levels % 2 else self.low

    def probability(self, rows, columns):
        """Entries of P_K.

        Parameters
        ----------
        rows, columns : array-like of int
            Labels in [0, n_labels); they broadcast.

        Returns
        -------
        probability : ndarray of dtype float64
            ``P_K[rows, columns]``.
        """
        high, low = self._cells(rows, columns)
        return self.high[..., 0][high] * self.low[..., 0][low]

    def log_probability(self, rows, columns):
        """Logarithms of entries of P_K.

        Parameters
        ----------
        rows, columns : array-like of int
            Labels in [0, n_labels); they broadcast.

        Returns
        -------
        log_probability : ndarray of dtype float64
            ``log(P_K[rows, columns])``, -inf where a digit pair has probability 0.
        """
        high, low = self._cells(rows, columns)
        return self.high[..., 1][high] + self.low[..., 1][low]

    def _cells(self, rows, columns):
        """Indices into the high and the low table."""
        rows, columns = np.asarray(rows), np.asarray(columns)
        for labels in (rows, columns):
            # a negative label would silently be counted from the end
            if labels.size and not 0 <= labels.min() <= labels.max() < self.n_labels:
                raise ValueError(
                    f"labels must be in [0, {self.n_labels}), got {labels.min()} to {labels.max()}."
                )
        (row_high, row_low), (column_high, column_low) = (
            np.divmod(labels, len(self.low)) for labels in (rows, columns)
        )
        return (row_high, column_high), (row_low, column_low)


def mean_probability(initiator, n_levels, labels, rows, columns):
    """Average the probabilities of edges over draws of the labels.

    Parameters
    ----------
    initiator : ndarray of shape (m, m)
        Edge probabilities of one level.
    n_levels : int
        Number of levels K.
    labels : ndarray of shape (n_draws, n_vertices), int
        Labels of the vertices, one row for each draw.
    rows : ndarray of int
        Vertices at the one end.
    columns : ndarray of int
        Vertices at the other end, of the same shape.

    Returns
    -------
    ndarray of dtype float64
        Mean probability of each edge.
    """
    tables = EdgeTables(initiator, n_levels)
    total = np.zeros(rows.shape)
    for draw in labels:
        total += tables.probability(draw[rows], draw[columns])
    return total / len(labels)


def _half_table(initiator, n_digits):
    """Products over `n_digits` digits and their logarithms, side by side."""
    with np.errstate(divide="ignore"):
        logs = np.log(initiator)
    product, log_product = np.ones((1, 1)), np.zeros((1, 1))
    for _ in range(n_digits):
        side = len(product) * len(initiator)
        product = np.kron(product, initiator)
        log_product = (log_product[:, np.newaxis, :, np.newaxis] + logs[:, np.newaxis, :]).reshape(
            side, side
        )
    return np.stack([product, log_product], axis=-1)
