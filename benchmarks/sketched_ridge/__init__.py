# SPDX-License-Identifier: BSD-3-Clause
"""Sketched ridge regression against RidgeCV and others: speed, risk, intervals, memory."""

from benchmarks.sketched_ridge import growth, head_to_head, intervals, memory, risk, speed
from benchmarks.sketched_ridge.report import report

PARTS = {
    "speed": speed.run,
    "risk": risk.run,
    "intervals": intervals.run,
    "memory": memory.run,
    "peers": head_to_head.run,
    "growth": growth.run,
}

__all__ = ["PARTS", "report"]
