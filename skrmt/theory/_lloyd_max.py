# SPDX-License-Identifier: BSD-3-Clause
"""The quantizers of a standard Gaussian with the least mean square error (Lloyd and Max).

Two conditions make an optimum, and for the Gaussian, whose density is log-concave, the only one:
each threshold lies midway between its two levels, and each level is the mean of the Gaussian
between its two thresholds. The optimum is odd, therefore only its positive half is stored. If D is
its mean square error, the variance of the quantised Gaussian and its covariance with the Gaussian
are both ``1 - D``, so that ``kappa = 1 / (1 - D)`` is the least of all quantizers with so many
levels [ours].
"""

import math
from functools import cache

import numpy as np
from scipy.optimize import root
from scipy.special import erfc, ndtri

from skrmt.theory._spectrum import as_count

_MOST_BITS = 8


def _thresholds(levels, has_zero):
    whole = np.concatenate([[0.0], levels]) if has_zero else levels
    return (whole[1:] + whole[:-1]) / 2


def _excess(levels, has_zero):
    """Distance of each positive level from the mean of its cell."""
    edges = np.concatenate([[] if has_zero else [0.0], _thresholds(levels, has_zero), [np.inf]])
    densities = np.exp(-(edges**2) / 2) / math.sqrt(2 * math.pi)
    tails = erfc(edges / math.sqrt(2)) / 2
    return levels - (densities[:-1] - densities[1:]) / (tails[:-1] - tails[1:])


@cache
def lloyd_max_half(n_levels: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Compute the positive half of the best quantizer with `n_levels` levels in all.

    Parameters
    ----------
    n_levels : int
        Number of levels, at least 2; zero is one of them where it is odd.

    Returns
    -------
    thresholds, levels : tuple of float
        Positive thresholds; levels from the one around zero upwards, one more.
    """
    has_zero = bool(n_levels % 2)
    # Optimal levels follow the cube root of the density: quantiles of N(0, 3), for many levels.
    ranks = np.arange(n_levels // 2 + has_zero, n_levels) + 0.5
    guess = math.sqrt(3) * ndtri(ranks / n_levels)
    found = root(_excess, guess, args=(has_zero,), tol=1e-14)
    if np.abs(_excess(found.x, has_zero)).max() > 1e-9:
        raise RuntimeError(f"No quantizer with {n_levels} levels was found.")
    levels = ([0.0] if has_zero else []) + found.x.tolist()
    return tuple(_thresholds(found.x, has_zero).tolist()), tuple(levels)


def lloyd_max_levels(n_bits: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Compute the best quantizer of a standard Gaussian with ``2^n_bits`` levels.

    Parameters
    ----------
    n_bits : int
        Number of bits, 1 to 8.

    Returns
    -------
    thresholds : tuple of float
        The ``2^(n_bits - 1) - 1`` positive thresholds, ascending.
    levels : tuple of float
        The ``2^(n_bits - 1)`` positive levels, ascending; the negative half mirrors them.

    Raises
    ------
    ValueError
        If `n_bits` is not an integer from 1 to 8.

    See Also
    --------
    OddQuantizer : The map itself.

    Examples
    --------
    >>> from skrmt.theory import lloyd_max_levels
    >>> thresholds, levels = lloyd_max_levels(2)
    >>> [round(t, 4) for t in thresholds], [round(v, 4) for v in levels]
    ([0.9816], [0.4528, 1.5104])
    """
    bits = as_count("n_bits", n_bits)
    if bits > _MOST_BITS:
        raise ValueError(f"n_bits must be at most {_MOST_BITS}, got {n_bits!r}.")
    return lloyd_max_half(2**bits)
