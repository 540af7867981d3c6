# SPDX-License-Identifier: BSD-3-Clause
"""One thread of BLAS, from the start of a process.

The number of threads is set in the environment before NumPy is imported, as every library in the
process then obeys it, also those that bring a BLAS of their own.
"""

import os
from contextlib import contextmanager
from unittest.mock import patch

from benchmarks.isolation import run_isolated

VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


@contextmanager
def one_thread():
    """Give processes that are started meanwhile one thread."""
    with patch.dict(os.environ, dict.fromkeys(VARIABLES, "1")):
        yield


def run_on_one_thread(measure, **arguments):
    """Call a function in a fresh process with one thread.

    Parameters
    ----------
    measure : callable
        As in `benchmarks.isolation.run_isolated`.
    **arguments : JSON values
        What `measure` is called with.

    Returns
    -------
    rows : list of dict
        The rows of `measure`, with the description of the process.
    """
    with one_thread():
        return run_isolated(measure, **arguments)
