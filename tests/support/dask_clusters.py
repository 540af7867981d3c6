# SPDX-License-Identifier: BSD-3-Clause
"""Two worker processes on the loopback address, rows that are made there, and their peak memory.

Functions that workers run are made inside functions: Dask then sends them by value, and workers
need not find this file.
"""

from contextlib import contextmanager

import numpy as np
from dask import array
from dask.distributed import Client, LocalCluster


@contextmanager
def two_workers():
    """Start a cluster of two worker processes, with a client.

    Yields
    ------
    client : distributed.Client
        Connected; it is what Dask computes with meanwhile.
    """
    options = {
        "n_workers": 2,
        "threads_per_worker": 1,
        "processes": True,
        "host": "127.0.0.1",
        "dashboard_address": "127.0.0.1:0",
        "worker_dashboard_address": "127.0.0.1:0",
    }
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        yield client


def drawn_rows(n_blocks, block_shape, *, before=None):
    """Rows that do not exist before a worker draws them.

    Parameters
    ----------
    n_blocks : int
        Number of blocks.
    block_shape : tuple of int
        Rows and columns of each.
    before : callable, default=None
        Called with the number of a block before it is drawn.

    Returns
    -------
    X : dask.array.Array
        Normal entries about 1, of variance 1, or 9 in the first two columns.
    """

    def draw(block_info):
        number = block_info[None]["chunk-location"][0]
        if before is not None:
            before(number)
        scales = np.where(np.arange(block_shape[1]) < 2, 3.0, 1.0)
        return 1 + np.random.default_rng(number).normal(size=block_shape) * scales

    rows, columns = block_shape
    chunks = ((rows,) * n_blocks, (columns,))
    return array.map_blocks(draw, chunks=chunks, dtype=np.float64, meta=np.empty((0, 0)))


def _memory():
    def start():
        """Bytes that are resident; the peak starts anew from there."""
        import gc
        from pathlib import Path

        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")
        return read("VmRSS")

    def read(key="VmHWM"):
        """Bytes that were resident at most."""
        from pathlib import Path

        lines = Path("/proc/self/status").read_text().splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith(key))

    return start, read


def peaks(client, task):
    """Growth of the peak memory of the caller and of each worker during a call.

    Parameters
    ----------
    client : distributed.Client
        The cluster.
    task : callable
        What to call.

    Returns
    -------
    growths : dict of str to int
        Bytes, by the address of a worker and for "client".
    outcome : object
        What the call returned.
    """
    start, peak = _memory()
    before = {"client": start(), **client.run(start)}
    outcome = task()
    after = {"client": peak(), **client.run(peak)}
    return {name: after[name] - before[name] for name in before}, outcome
