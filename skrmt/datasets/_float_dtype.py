# SPDX-License-Identifier: BSD-3-Clause
"""The floating-point types in which the generators return their data."""

import numpy as np


def check_float_dtype(dtype):
    """Return `dtype` as one of the two types that the estimators compute in.

    Parameters
    ----------
    dtype : dtype-like
        What the user asked for.

    Returns
    -------
    dtype : numpy.dtype
        Either float64 or float32.

    Raises
    ------
    ValueError
        If it is another type, or no type.
    """
    allowed = "dtype must be numpy.float64 or numpy.float32 (or their names)"
    try:
        found = np.dtype(dtype)
    except TypeError as error:
        raise ValueError(f"{allowed}, got {dtype!r}.") from error
    if dtype is None or found not in (np.dtype(np.float64), np.dtype(np.float32)):
        raise ValueError(f"{allowed}, got {dtype!r}.")
    return found
