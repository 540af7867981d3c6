# SPDX-License-Identifier: BSD-3-Clause
"""Rows of Dask arrays: map and reduce of sufficient statistics, and maps from rows to rows.

What is a sum over rows is computed where the rows are, a block at a time, and merged in pairs;
nobody ever holds them all. The order of the pairs is that of the rows, so that the result is the
same for any number of workers, and a block that is lost with its worker is computed again.

Dask is never imported before one of its objects arrives.
"""

import sys
from contextlib import nullcontext
from functools import partial

import numpy as np
from scipy.sparse import issparse
from threadpoolctl import threadpool_limits


def is_dask_array(X, name="X"):
    """Whether X is a Dask array; other collections of Dask are refused.

    Parameters
    ----------
    X : object
        Anything.
    name : str, default="X"
        What it is called, for the message.

    Returns
    -------
    is_dask : bool
        False without an import where nobody has imported Dask's arrays.

    Raises
    ------
    TypeError
        If X is another collection of Dask, which scikit-learn's validation would gather.
    """
    array = sys.modules.get("dask.array")
    if array is not None and isinstance(X, array.Array):
        return True
    graph = getattr(X, "__dask_graph__", None)
    if callable(graph) and graph() is not None:  # what Dask itself asks
        raise TypeError(
            f"{name} is a {type(X).__name__} of Dask; give a Dask array (of a frame: "
            f"{name}.to_dask_array(lengths=True))."
        )
    return False


class DaskRows:
    """Rows, and what goes with each of them, in blocks.

    Parameters
    ----------
    X : dask.array.Array of shape (n_samples, n_features)
        Rows. Chunks along the columns are joined; sizes that are not known are counted, which
        takes a pass.
    y : array-like or dask.array.Array of shape (n_samples,) or (n_samples, n_targets), \
            default=None
        Targets.
    sample_weight : float, array-like or dask.array.Array of shape (n_samples,), default=None
        Weights.

    Attributes
    ----------
    X : dask.array.Array
        Rows, with one chunk along the columns.
    y, sample_weight : dask.array.Array or None
        In the blocks of `X`.

    Raises
    ------
    ValueError
        If X has not two dimensions, or lengths differ.
    """

    def __init__(self, X, y=None, sample_weight=None):
        if X.ndim != 2:
            raise ValueError(
                f"Expected a two-dimensional Dask array X, got one with {X.ndim} dimension(s); "
                "reshape it with X.reshape(-1, 1) or X.reshape(1, -1)."
            )
        X = _with_sizes(X)
        if X.shape[1] == 0:
            raise ValueError(
                f"Found array with 0 feature(s) (shape={X.shape}) while a minimum of 1 is required."
            )
        self.X = X.rechunk({1: -1})
        self.y = self._beside("y", y)
        is_dask_array(sample_weight, "sample_weight")  # refuses what NumPy cannot read
        if sample_weight is not None and np.ndim(sample_weight) == 0:
            from dask import array

            weight = float(sample_weight)
            sample_weight = array.full(self.n_rows, weight, chunks=(self.X.chunks[0],))
        self.sample_weight = self._beside("sample_weight", sample_weight)

    @property
    def n_rows(self):
        """Number of rows."""
        return self.X.shape[0]

    @property
    def n_features(self):
        """Number of columns."""
        return self.X.shape[1]

    @property
    def is_sparse(self):
        """Whether the blocks are sparse."""
        return issparse(self.X._meta)

    def _beside(self, name, values):
        """One value for each row (or one row of values) in the blocks of the rows."""
        if values is None:
            return None
        from dask import array

        rows = self.X.chunks[0]
        given = is_dask_array(values, name)
        values = _with_sizes(values) if given else np.asarray(values)
        if values.ndim not in {1, 2}:
            raise ValueError(f"{name} must have one or two dimensions, got {values.ndim}.")
        if values.shape[0] != self.n_rows:
            raise ValueError(
                "Found input variables with inconsistent numbers of samples: "
                f"X has {self.n_rows}, {name} has {values.shape[0]}."
            )
        chunks = (rows, *values.shape[1:])
        return values.rechunk(chunks) if given else array.from_array(values, chunks=chunks)

    def map_reduce(self, function, merge, *, numbered=False, **constants):
        """Compute a statistic of each block, and merge them in pairs.

        Parameters
        ----------
        function : callable
            From a block of `X`, `y` and `sample_weight` (None where there are none) and the
            constants to a statistic, or to None where the block says nothing; it can be pickled.
        merge : callable
            From two statistics, the earlier rows first, to that of both; it can be pickled.
        numbered : bool, default=False
            Whether `function` is told the number of the block's first row, as `first`.
        **constants : object
            Keyword arguments of `function`, sent once to each worker.

        Returns
        -------
        statistic : object
            That of all rows; None where no block says anything.

        Raises
        ------
        ValueError
            If there are no rows.
        """
        import dask

        leaves = [
            leaf
            for leaf, size in zip(
                self._leaves(function, constants, numbered), self.X.chunks[0], strict=True
            )
            if size
        ]
        if not leaves:
            raise ValueError(
                f"Found array with 0 sample(s) (shape={self.X.shape}) while a minimum of 1 is "
                "required."
            )
        merge = dask.delayed(partial(_merged, merge))
        while len(leaves) > 1:
            pairs = [leaves[i : i + 2] for i in range(0, len(leaves), 2)]
            leaves = [merge(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
        # The limit is for schedulers that compute here; workers of a cluster come with one thread.
        with threadpool_limits(limits=1, user_api="blas"), _large_graph():
            return leaves[0].compute()

    def _leaves(self, function, constants, numbered):
        """One task for each block, fused with the reading of the block."""
        import dask
        from dask import array

        call = partial(_call, function)
        arguments = [self.X, "ij"]
        for values in (self.y, self.sample_weight):
            index = None if values is None else "ij"[: values.ndim]
            arguments += [values, index]
        if numbered:
            first = np.cumsum([0, *self.X.chunks[0][:-1]])
            arguments += [array.from_array(first, chunks=1), "i"]
        # The blocks of the outcome are statistics, not arrays; nothing but their keys is used.
        outcome = array.blockwise(
            call,
            "ij",
            *arguments,
            align_arrays=False,
            dtype=object,
            meta=np.empty((0, 0), object),
            # One keyword that is none of blockwise's own.
            constants=dask.delayed(constants),
        )
        return outcome.to_delayed().ravel().tolist()


def _call(function, X, y, sample_weight, first=None, *, constants):
    if first is not None:
        constants = {**constants, "first": int(first[0])}
    return function(X, y, sample_weight, **constants)


def _large_graph():
    """Let constants be large: they are in the graph once, where they outlive a worker."""
    import dask

    # Without a cluster nobody warns, and an entry of our own must not be there before its defaults.
    if "distributed" not in sys.modules:
        return nullcontext()
    return dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TiB"})


def _merged(merge, first, second):
    if first is None or second is None:
        return second if first is None else first
    return merge(first, second)


def _with_sizes(X):
    """Count the rows of blocks whose sizes are not known; the user's array stays as it is."""
    return X.copy().compute_chunk_sizes() if np.isnan(X.shape).any() else X


def map_rows(function, X, *, shape, dtype):
    """Apply a function to each block of rows when the result is asked for.

    Parameters
    ----------
    function : callable
        From a block of rows to an array with as many rows; it can be pickled.
    X : dask.array.Array of shape (n_samples, n_features)
        Rows.
    shape : tuple of int
        Shape of the outcome for one row.
    dtype : dtype
        Type of the outcome.

    Returns
    -------
    outcome : dask.array.Array of shape (n_samples, *shape)
        Not computed yet.
    """
    import dask

    X = X.rechunk({1: -1})
    return X.map_blocks(
        _apply,
        chunks=(X.chunks[0], *((size,) for size in shape)),
        drop_axis=[] if shape else 1,
        new_axis=list(range(2, 1 + len(shape))) or None,
        dtype=dtype,
        meta=np.empty((0,) * (1 + len(shape)), dtype),
        function=dask.delayed(function),
    )


def _apply(X, function):
    return function(X)
