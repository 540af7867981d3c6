# SPDX-License-Identifier: BSD-3-Clause
"""What a bug report needs to know about the machine."""

import platform
import sys
from importlib import metadata

from threadpoolctl import threadpool_info

from skrmt.utils._distribution import package_version

DEPENDENCIES = ("numpy", "scipy", "scikit-learn", "joblib", "threadpoolctl", "matplotlib")


def show_versions():
    """Print the versions of Python and of the dependencies, and which kernels run.

    The last section tells whether the compiled kernels of skrmt are active, and for which
    vector instructions, or the NumPy twins that serve where they were not built. Where the
    kernels cannot be imported it tells the error, because a bug report needs the rest then too.

    Examples
    --------
    >>> from skrmt import show_versions
    >>> show_versions()  # doctest: +ELLIPSIS
    System:
    ...
    Kernels:
    ...
    """
    _print_section(
        "System",
        {
            "python": sys.version.replace("\n", " "),
            "executable": sys.executable,
            "platform": platform.platform(),
            "machine": platform.machine(),
        },
    )
    _print_section(
        "Python packages",
        {"skrmt": package_version(), **{name: _installed(name) for name in DEPENDENCIES}},
    )
    for number, library in enumerate(threadpool_info(), start=1):
        _print_section(f"Thread pool {number}", library)
    _print_section("Kernels", _kernels())


def _print_section(title, entries):
    print(f"{title}:")
    width = max(len(key) for key in entries)
    for key, value in entries.items():
        print(f"  {key:>{width}}: {value}")
    print()


def _kernels():
    try:
        # Here and not at the top: `import skrmt` loads this module.
        from skrmt._kernels import active
    except Exception as error:  # whatever is broken there, the versions are wanted
        return {"error": f"{type(error).__name__}: {error}"}
    return active()


def _installed(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
