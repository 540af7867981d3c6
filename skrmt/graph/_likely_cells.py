# SPDX-License-Identifier: BSD-3-Clause
"""The cells of a Kronecker power of probabilities that are at least one half.

A cell is a sequence of K pairs of digits, and its probability the product of the K entries of the
initiator. The sequences are grown by one pair at a time, from the most significant one; those that
could not reach one half with the largest entry in all places left are dropped. Each one kept can
reach it, so that there are never more of them than such cells, of which there are at most twice as
many as expected edges (ours).
"""

import numpy as np


def likely_cells(initiator, n_levels, directed, loops):
    """List the cells of probability at least 1/2.

    Parameters
    ----------
    initiator : ndarray of float64, shape (m, m)
        The initiator.
    n_levels : int
        Kronecker power K.
    directed : bool
        Whether both triangles are listed, or the upper one only.
    loops : bool
        Whether the diagonal is listed.

    Returns
    -------
    rows, cols : ndarray of int64
        The cells, in no order.
    probabilities : ndarray of float64
        Their probabilities. Rounding may leave out a cell within 1e-15 of 1/2, or add one.
    """
    size = len(initiator)
    largest = initiator.max()
    a, b = (digit[:, None] for digit in np.divmod(np.arange(size * size), size))
    rows = cols = np.zeros(1, np.int64)
    probabilities = np.ones(1)
    for level in range(n_levels):
        grown = initiator.ravel()[:, None] * probabilities
        kept = grown * largest ** (n_levels - 1 - level) >= 0.5
        if not directed:
            # A pair whose leading digits are out of order stays so.
            kept &= size * rows + a <= size * cols + b
        which, parent = np.nonzero(kept)
        rows, cols = size * rows[parent] + a[which, 0], size * cols[parent] + b[which, 0]
        probabilities = grown[kept]
    if not loops:
        kept = rows != cols
        rows, cols, probabilities = rows[kept], cols[kept], probabilities[kept]
    return rows, cols, probabilities
