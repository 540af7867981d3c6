# SPDX-License-Identifier: BSD-3-Clause
"""What a figure depends on besides the code: machine, versions, kernels."""

import platform
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import joblib
import scipy.linalg  # noqa: F401  so that its BLAS is loaded
from threadpoolctl import threadpool_info

import skrmt
from skrmt._kernels import active


def _cpu_model():
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _blas():
    found = [library for library in threadpool_info() if library["user_api"] == "blas"]
    names = {f"{lib['internal_api']} {lib['version']} {lib.get('architecture')}" for lib in found}
    return " and ".join(sorted(names)) or "unknown"  # NumPy and SciPy may bring one each


def describe():
    """Describe what this process runs on, as columns of a result.

    Returns
    -------
    description : dict of str to str or int
        The same keys in every process.
    """
    versions = {name: metadata.version(name) for name in ("numpy", "scipy", "scikit-learn")}
    return {
        "kernels": active()["simd"] or "numpy",
        "cpu": _cpu_model(),
        "cores": joblib.cpu_count(),
        "blas": _blas(),
        "python": platform.python_version(),
        **versions,
        "skrmt": skrmt.__version__,
        "date": datetime.now(UTC).date().isoformat(),
    }
