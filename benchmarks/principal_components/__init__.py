# SPDX-License-Identifier: BSD-3-Clause
"""RMTPCA."""

from benchmarks.principal_components import denoising, growth, likelihood, rank, speed
from benchmarks.principal_components.report import report

PARTS = {
    "rank": rank.run,
    "denoising": denoising.run,
    "likelihood": likelihood.run,
    "speed": speed.run,
    "growth": growth.run,
}

__all__ = ["PARTS", "report"]
