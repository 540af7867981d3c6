# SPDX-License-Identifier: BSD-3-Clause
"""Two worker processes on the loopback address, and rows that are made there.

What is told of a computation: the peak memory of each process, the tasks that were done, and how
one gets on whose worker is killed.

Functions that workers run are made inside functions: Dask then sends them by value, and workers
need not find this file.
"""

import os
import signal
import threading
import time
from collections import Counter
from contextlib import contextmanager

import numpy as np
from dask import array
from dask.distributed import Client, LocalCluster, SchedulerPlugin


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


@contextmanager
def tasks_done(client):
    """Note the tasks that the cluster does meanwhile.

    Parameters
    ----------
    client : distributed.Client
        Of a cluster whose scheduler is in this process, as that of `two_workers` is.

    Yields
    ------
    keys : list
        One for each result that a worker has come to hold.
    """
    keys = []

    class Notes(SchedulerPlugin):
        name = "notes of tests"

        def transition(self, key, start, finish, *args, **kwargs):
            if finish == "memory":
                keys.append(key)

    scheduler = client.cluster.scheduler
    scheduler.add_plugin(Notes())
    try:
        yield keys
    finally:
        scheduler.remove_plugin(Notes.name)


class Kill:
    """Kill a worker that has drawn blocks and is about to draw another.

    The first blocks are drawn freely. Whoever begins another one waits until a worker is dead, so
    that no more than a block a worker is begun beyond them, however slow or fast anybody is.

    Parameters
    ----------
    folder : Path
        Empty; workers leave notes there.
    n_free : int
        Number of blocks that are not held up. Of two workers one has begun more than half of them.
    patience : float, default=60
        Seconds after which everybody goes on, and nobody is killed.

    Attributes
    ----------
    process : int or None
        The one that was killed.
    drawn_before, drawn : list of (int, int)
        Number of a block and the process that began to draw it: until the kill, and in all.
    held : set of int
        Blocks that the process had begun and not drawn when it was killed.
    """

    def __init__(self, folder, n_free, patience=60.0):
        self.folder, self.n_free, self.patience = folder, n_free, patience
        self.process, self.drawn_before, self.held = None, [], set()
        self._thread = threading.Thread(target=self._kill, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *raised):
        self._done.touch()  # whatever was raised, nobody waits any longer
        self._thread.join(self.patience)

    @property
    def _done(self):
        return self.folder / "done"

    @property
    def drawn(self):
        return self._notes("drawn")

    def before(self):
        """Give the function that `drawn_rows` calls before a block is drawn."""
        folder, done, n_free, patience = self.folder, self._done, self.n_free, self.patience

        def before(number):
            import os
            import time
            import uuid

            note = f"{number}-{os.getpid()}-{uuid.uuid4().hex}"
            (folder / f"drawn-{note}").touch()
            if len(list(folder.glob("drawn-*"))) <= n_free:
                return
            (folder / f"held-{note}").touch()
            deadline = time.monotonic() + patience
            while not done.exists() and time.monotonic() < deadline:
                time.sleep(0.01)

        return before

    def _notes(self, kind):
        names = [path.name.split("-") for path in self.folder.glob(f"{kind}-*")]
        return [(int(number), int(process)) for _, number, process, _ in names]

    def _kill(self):
        deadline = time.monotonic() + self.patience
        while not self._done.exists() and time.monotonic() < deadline:
            held, drawn = self._notes("held"), self._notes("drawn")
            counts = Counter(process for _, process in drawn)
            for _, process in held:
                if counts[process] > self.n_free / 2:
                    os.kill(process, signal.SIGKILL)
                    self.process, self.drawn_before = process, drawn
                    self.held = {number for number, by in held if by == process}
                    self._done.touch()
                    return
            time.sleep(0.01)
