# SPDX-License-Identifier: BSD-3-Clause
"""The benchmarks are no part of the package: they are imported from the checkout."""

import sys
from pathlib import Path

# skrmt first: the checkout must not come before what is installed.
import skrmt  # noqa: F401

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
import benchmarks  # noqa: E402, F401

if str(ROOT) in sys.path:
    sys.path.remove(str(ROOT))
