# SPDX-License-Identifier: BSD-3-Clause
"""One coin for each cell of a Kronecker power of probabilities, for small or dense graphs."""

import numpy as np

from skrmt.graph._kronecker_draws import kronecker_power, n_digits_within

# Cells of the block that each entry of a leading power is multiplied with, to bound the memory.
_BLOCK = 2**12


def coin_flips(initiator, n_levels, directed, loops, rng):
    """Flip the coins of all cells.

    Parameters
    ----------
    initiator : ndarray of float64, shape (m, m)
        The initiator.
    n_levels : int
        Kronecker power K.
    directed : bool
        Whether cells of both triangles can be edges, or those of the upper one only.
    loops : bool
        Whether cells of the diagonal can be edges.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    ndarray of int64, shape (2, n_edges)
        Rows and columns, sorted by both.
    """
    n_trailing = n_digits_within(len(initiator), _BLOCK, n_levels)
    trailing = kronecker_power(initiator, n_trailing)
    leading = kronecker_power(initiator, n_levels - n_trailing)
    width = len(trailing)
    found = []
    for block, factors in enumerate(leading):
        first = 0 if directed else block
        cells = factors[None, first:, None] * trailing[:, None, :]
        hits = np.flatnonzero(rng.random(cells.shape) < cells)
        row, col = np.divmod(hits, width * (len(leading) - first))
        row += block * width
        col += first * width
        kept = (row != col) | loops
        if not directed:
            kept &= row <= col
        found.append(np.stack([row[kept], col[kept]]))
    return np.concatenate(found, axis=1)
