# SPDX-License-Identifier: BSD-3-Clause
"""Benchmarks of skrmt against its peers: ``python -m benchmarks`` (see README.md beside this file).

``python -m`` puts the checkout first on `sys.path`, where the flat source tree ``skrmt/`` would
shadow the installed package and lack its compiled kernels. Where skrmt is installed the checkout
is therefore taken off the path, before anything imports skrmt.
"""

import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

_elsewhere = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT]
if any(metadata.distributions(name="skrmt", path=_elsewhere)):
    sys.path[:] = _elsewhere
