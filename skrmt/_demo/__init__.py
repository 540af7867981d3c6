# SPDX-License-Identifier: BSD-3-Clause
"""`skrmt demo`: every flagship on real data, beside its peer and its own predictions."""

from skrmt._demo._run import main

__all__ = ["main"]
