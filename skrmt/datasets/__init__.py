# SPDX-License-Identifier: BSD-3-Clause
"""Generators of data with known answers."""

from skrmt.datasets._gaussian_mixture import make_gaussian_mixture, make_high_dimensional_mixture
from skrmt.datasets._spiked_covariance import make_spiked_covariance

__all__ = ["make_gaussian_mixture", "make_high_dimensional_mixture", "make_spiked_covariance"]
