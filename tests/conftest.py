# SPDX-License-Identifier: BSD-3-Clause
"""Settings of every test: no window, one BLAS thread, hypothesis without chance."""

import os

os.environ.setdefault("MPLBACKEND", "Agg")

import hypothesis
import pytest
import scipy.linalg  # noqa: F401  (loads every BLAS that the limit below is meant for)
from threadpoolctl import threadpool_limits

# Derandomized: a run tries the same examples as the last. No deadline: timing is no fact
# about the code on a shared machine.
hypothesis.settings.register_profile(
    "skrmt", derandomize=True, deadline=None, database=None, print_blob=True
)
hypothesis.settings.load_profile("skrmt")


@pytest.fixture(autouse=True, scope="session")
def _one_blas_thread():
    """Keep the parallel test workers from competing; the tests themselves fill the cores."""
    with threadpool_limits(limits=1):
        yield
