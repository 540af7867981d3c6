# SPDX-License-Identifier: BSD-3-Clause
"""Settings of every test: no window, one BLAS thread, hypothesis without chance."""

import os

os.environ.setdefault("MPLBACKEND", "Agg")

import hypothesis
import pytest
import scipy.linalg  # noqa: F401  (loads every BLAS that the limit below is meant for)
from array_libraries import NotAtHandError
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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call():
    """Skip what wants a library that is not installed: PyTorch is not to be had everywhere."""
    try:
        return (yield)
    except NotAtHandError as missing:
        pytest.skip(str(missing))
