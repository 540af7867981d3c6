# SPDX-License-Identifier: BSD-3-Clause
"""Data that several files need."""

import numpy as np
import pytest


def _integer_data(n_samples=60, n_features=40, seed=0, dtype=np.float64):
    half = np.random.default_rng(seed).integers(-8, 9, (n_samples // 2, n_features))
    return np.vstack([half, -half]).astype(dtype)


@pytest.fixture
def integer_data():
    """Make integers with mean 0: no sum is ever rounded, not even that of the mean."""
    return _integer_data
