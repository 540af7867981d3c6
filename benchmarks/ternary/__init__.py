# SPDX-License-Identifier: BSD-3-Clause
"""TernaryRandomFeatures against RBFSampler: speed, memory, Gram products, accuracy."""

from benchmarks.ternary import accuracy, gram, growth, head_to_head, memory, speed
from benchmarks.ternary.report import report

PARTS = {
    "speed": speed.run,
    "memory": memory.run,
    "gram": gram.run,
    "accuracy": accuracy.run,
    "peers": head_to_head.run,
    "growth": growth.run,
}

__all__ = ["PARTS", "report"]
