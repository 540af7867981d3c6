# SPDX-License-Identifier: BSD-3-Clause
"""Streams of more rows than the address space of a process holds.

A process of its own limits its address space, which Linux knows how to do, to a quarter of a
gigabyte beyond what the imports took; `support/beyond_memory_cases.py` says what it does then.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform == "linux":
    import beyond_memory_cases

    def _run(*arguments):
        # Each thread of BLAS would reserve address space of its own.
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        done = subprocess.run(
            [sys.executable, "-W", "error", beyond_memory_cases.__file__, *arguments],
            env={**os.environ, **threads},
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr

    @pytest.mark.slow
    @pytest.mark.parametrize("case", beyond_memory_cases.CASES)
    def test_rows_from_a_generator(case):
        assert beyond_memory_cases.N_DRAWN * beyond_memory_cases.N_FEATURES * 8 > 1e9
        _run(case)

    @pytest.mark.parametrize("case", beyond_memory_cases.CASES)
    def test_rows_from_windows_of_a_file(case, stored_rows):
        _run(case, str(stored_rows))

    @pytest.fixture(scope="module")
    def stored_rows(tmp_path_factory):
        path = tmp_path_factory.mktemp("beyond_memory") / "rows"
        beyond_memory_cases.write(path)
        assert path.stat().st_size > beyond_memory_cases.MARGIN
        yield path
        path.unlink()
