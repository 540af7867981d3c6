# SPDX-License-Identifier: BSD-3-Clause
"""Random features: kernels of large data as inner products of small codes."""

from skrmt.kernel_approximation._packed import pack_ternary, ternary_gram, unpack_ternary
from skrmt.kernel_approximation._ternary import TernaryRandomFeatures

__all__ = ["TernaryRandomFeatures", "pack_ternary", "ternary_gram", "unpack_ternary"]
