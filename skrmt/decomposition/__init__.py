# SPDX-License-Identifier: BSD-3-Clause
"""Principal components that know their noise."""

from skrmt.decomposition._rmt_pca import RMTPCA

__all__ = ["RMTPCA"]
