# SPDX-License-Identifier: BSD-3-Clause
"""The n x n plane in strips of tiles, strips in parallel.

The tiling is a constant: neither the number of workers nor the memory of the machine changes a
result.
"""

from contextlib import nullcontext

import numpy as np
from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import threadpool_limits

# Side of a tile: a multiple of 8 (bits of a byte), large enough for BLAS at full speed, small
# enough for 4 MB of float32 to stay near the core.
SIDE = 1024


def spans(n, start=0, side=SIDE):
    """Cut ``start..n`` into slices of one side.

    Parameters
    ----------
    n : int
        Where to end.
    start : int, default=0
        Where to begin.
    side : int, default=SIDE
        Length of a slice; the last may be shorter.

    Returns
    -------
    list of slice
        The slices in order.
    """
    return [slice(at, min(at + side, n)) for at in range(start, n, side)]


def in_parallel(function, items, n_jobs):
    """Call a function for each item, in threads.

    Parameters
    ----------
    function : callable
        Takes one item. NumPy releases the interpreter in all that is costly.
    items : list
        The items.
    n_jobs : int or None
        Number of threads, as in scikit-learn. With one, BLAS uses the threads it likes.

    Returns
    -------
    list
        Results in the order of the items.
    """
    parallel = Parallel(n_jobs=n_jobs, require="sharedmem")
    # Threads of ours times threads of BLAS would be more than there are cores.
    limits = threadpool_limits(1, user_api="blas") if parallel.n_jobs != 1 else nullcontext()
    with limits:
        return list(parallel(delayed(function)(item) for item in items))


def without_diagonal(tile, rows, columns, value=0.0):
    """Overwrite the similarities of rows with themselves.

    Parameters
    ----------
    tile : ndarray of shape (n_rows, n_columns)
        Similarities of the rows with the columns, changed in place.
    rows, columns : slice
        Where the tile lies.
    value : float, default=0.0
        What to put there.

    Returns
    -------
    ndarray
        The tile.
    """
    i = np.arange(max(rows.start, columns.start), min(rows.stop, columns.stop))
    tile[i - rows.start, i - columns.start] = value
    return tile
