# SPDX-License-Identifier: BSD-3-Clause
"""Roots of many increasing functions at once: Newton's steps, kept in brackets."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_ROUNDING = 4 * np.finfo(float).eps
# From the first on every third step halves the bracket, so that the second is always enough.
_PATIENCE, _MOST_STEPS = 30, 300


def increasing_root(
    function: Callable,
    target: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    start: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Solve ``function(u) = target`` for each entry.

    Parameters
    ----------
    function : callable
        ``function(u, which)`` returns values and slopes at `u`, the entries `which` of all.
    target, low, high, start : ndarray of float64, shape (n,)
        What to reach, brackets of the roots, and where to begin.

    Returns
    -------
    ndarray of float64, shape (n,)
        The roots, to rounding; the end of the bracket where the target is beyond it.
    """
    root, low, high = np.clip(start, low, high), low.copy(), high.copy()
    floor = 1e-12 * (high - low)
    active = np.arange(root.size)
    for count in range(_MOST_STEPS):
        if not active.size:
            break
        here = root[active]
        values, slopes = function(here, active)
        excess = values - target[active]
        low[active] = lows = np.where(excess <= 0, here, low[active])
        high[active] = highs = np.where(excess >= 0, here, high[active])
        with np.errstate(divide="ignore", invalid="ignore"):
            step = here - excess / slopes
        near = np.abs(step - here) <= _ROUNDING * np.maximum(np.abs(here), floor[active])
        outside = ~((lows < step) & (step < highs))
        if count >= _PATIENCE and count % 3 == 0:
            outside[:] = True
        new = np.where(outside, lows + (highs - lows) / 2, step)
        done = near | (excess == 0) | (new <= lows) | (new >= highs)
        root[active] = np.where(done, here, new)
        active = active[~done]
    return root
