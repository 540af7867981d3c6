# SPDX-License-Identifier: BSD-3-Clause
"""The penalties that are compared, in the scale of scikit-learn's Ridge."""

import math

import numpy as np

# The automatic grid, in units of the mean eigenvalue of a member, and the step of an extension.
LOWEST_DECADE, HIGHEST_DECADE, N_AUTOMATIC = -5, 3, 29
EXTENSION_DECADES, MOST_EXTENSIONS = 3, 2
# Negative penalties, as shares of the smallest eigenvalue that they must leave.
NEGATIVE_SHARES = (0.15, 0.3, 0.45, 0.6)


def automatic_grid(unit):
    """Grid of the default: 0, and eight decades about the mean eigenvalue.

    Parameters
    ----------
    unit : float
        Mean eigenvalue of a member's Gram matrix, in the unit of a penalty.

    Returns
    -------
    alphas : ndarray of shape (30,)
        Ascending.
    """
    unit = unit if unit > 0 else 1.0
    decades = np.linspace(LOWEST_DECADE, HIGHEST_DECADE, N_AUTOMATIC)
    return np.concatenate([[0.0], unit * 10.0**decades])


def extension(alphas, chosen, zero_is_an_edge=False):
    """Further penalties where the best of an automatic grid lies on its edge.

    Parameters
    ----------
    alphas : ndarray of shape (n_alphas,)
        The penalties so far.
    chosen : ndarray
        The best for each target.
    zero_is_an_edge : bool, default=False
        Whether something may lie between 0, where it is the best, and the smallest positive one.

    Returns
    -------
    more : ndarray
        At least three decades beyond the edge, in the same steps; empty where the best are inside.
    """
    positive = alphas[alphas > 0]
    per_decade = (N_AUTOMATIC - 1) / (HIGHEST_DECADE - LOWEST_DECADE)
    steps = np.arange(1, math.ceil(EXTENSION_DECADES * per_decade) + 1) / per_decade
    more = []
    if np.any(chosen == positive.max()):
        more.append(positive.max() * 10.0**steps)
    if np.any(chosen == positive.min()) or (zero_is_an_edge and np.any(chosen == 0)):
        more.append(positive.min() * 10.0**-steps)
    return np.concatenate(more) if more else np.empty(0)


def negative_grid(smallest_eigenvalue):
    """Negative penalties that leave every member positive definite.

    Parameters
    ----------
    smallest_eigenvalue : float
        Of the members' Gram matrices, in the unit of a penalty.

    Returns
    -------
    alphas : ndarray
        Empty where the smallest eigenvalue is 0.
    """
    if smallest_eigenvalue <= 0:
        return np.empty(0)
    return -smallest_eigenvalue * np.array(NEGATIVE_SHARES)


def given_grid(alphas):
    """Turn the parameter `alphas` into an array.

    Parameters
    ----------
    alphas : float or array-like of shape (n_alphas,)
        The parameter.

    Returns
    -------
    alphas : ndarray of shape (n_alphas,) and dtype float64
        In the order given.

    Raises
    ------
    ValueError
        If it is empty, not one-dimensional or not finite.
    """
    array = np.atleast_1d(np.asarray(alphas, dtype=np.float64))
    if array.ndim != 1 or not array.size or not np.isfinite(array).all():
        raise ValueError(
            f"alphas={alphas!r} must be a finite number, a non-empty one-dimensional array of "
            "finite numbers, or 'auto'."
        )
    return array


def on_edge(alphas, chosen):
    """Whether a choice lies on the edge of a given grid of positive penalties.

    Parameters
    ----------
    alphas : ndarray of shape (n_alphas,)
        The grid.
    chosen : ndarray
        The best for each target.

    Returns
    -------
    edge : {"smallest", "largest"} or None
        Which edge; never for fewer than three penalties. 0 or a negative one is no edge.
    """
    if len(alphas) < 3:
        return None
    if np.any(chosen == alphas.max()):
        return "largest"
    if alphas.min() > 0 and np.any(chosen == alphas.min()):
        return "smallest"
    return None
