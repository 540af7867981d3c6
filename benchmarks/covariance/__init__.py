# SPDX-License-Identifier: BSD-3-Clause
"""AnalyticalShrinkage and SpikedCovariance."""

from benchmarks.covariance import accuracy, data, portfolio, speed
from benchmarks.covariance.report import report

PARTS = {
    "accuracy": accuracy.run,
    "portfolio": portfolio.run,
    "data": data.run,
    "speed": speed.run,
}

__all__ = ["PARTS", "report"]
