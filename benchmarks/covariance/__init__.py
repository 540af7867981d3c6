# SPDX-License-Identifier: BSD-3-Clause
"""AnalyticalShrinkage and SpikedCovariance."""

from benchmarks.covariance import accuracy, data, growth, portfolio, speed
from benchmarks.covariance.report import report

PARTS = {
    "accuracy": accuracy.run,
    "portfolio": portfolio.run,
    "data": data.run,
    "speed": speed.run,
    "growth": growth.run,
}

__all__ = ["PARTS", "report"]
