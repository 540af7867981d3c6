# SPDX-License-Identifier: BSD-3-Clause
"""RMTPCA."""

from benchmarks.principal_components import denoising, likelihood, rank, speed
from benchmarks.principal_components.report import report

PARTS = {
    "rank": rank.run,
    "denoising": denoising.run,
    "likelihood": likelihood.run,
    "speed": speed.run,
}

__all__ = ["PARTS", "report"]
