# SPDX-License-Identifier: BSD-3-Clause
"""Covariance matrices of many features, from about as many samples."""

from skrmt.covariance._analytical_shrinkage import AnalyticalShrinkage
from skrmt.covariance._spiked_covariance import SpikedCovariance

__all__ = ["AnalyticalShrinkage", "SpikedCovariance"]
