# SPDX-License-Identifier: BSD-3-Clause
"""Checks and canonical order of the initiator of a Kronecker graph.

A random Kronecker graph on ``N = m^K`` vertices has independent edges of the probabilities
``P_K = theta (x) ... (x) theta``, K factors, with the initiator theta an m x m matrix of
probabilities (J. Leskovec et al., "Kronecker Graphs", JMLR 2010). Relabelling the vertices permutes
the rows and columns of theta together, so that theta is known only up to such a permutation;
:func:`canonical_order` names one.
"""

import numpy as np

from skrmt.theory._spectrum import as_array, as_count

# Cells of P_K are named by pairs of int64 labels; sums over them stay far from overflow.
_MOST_VERTICES = 2**62

# Asymmetry that rounding in the making of a symmetric initiator can leave.
_ASYMMETRY = 1e-10


def check_initiator(initiator, name="initiator", *, symmetric=False) -> np.ndarray:
    """Check that a matrix is an initiator.

    Parameters
    ----------
    initiator : array-like of shape (m, m)
        What was given.
    name : str, default="initiator"
        Name of the parameter, for the messages.
    symmetric : bool, default=False
        Whether the graph is undirected, so that the initiator must be symmetric.

    Returns
    -------
    ndarray of float64, shape (m, m)
        The values.

    Raises
    ------
    TypeError
        If it is a sparse matrix or holds complex numbers.
    ValueError
        If it is not square, smaller than 2 x 2, has a value that is not a number in [0, 1], or is
        not symmetric where it must be.
    """
    theta = check_initiators(initiator, name, symmetric=symmetric)
    if theta.ndim != 2:
        raise ValueError(f"{name} must be one square matrix, got shape {theta.shape}.")
    return theta


def check_initiators(initiators, name="initiator", *, symmetric=False) -> np.ndarray:
    """Check that the last two axes of an array hold initiators.

    Parameters
    ----------
    initiators : array-like of shape (..., m, m)
        What was given.
    name : str, default="initiator"
        Name of the parameter, for the messages.
    symmetric : bool, default=False
        Whether the graphs are undirected, so that the initiators must be symmetric.

    Returns
    -------
    ndarray of float64, shape (..., m, m)
        The values.

    Raises
    ------
    TypeError, ValueError
        As of `check_initiator`.
    """
    if hasattr(initiators, "toarray"):
        raise TypeError(f"{name} must be a dense array, got a sparse one; pass {name}.toarray().")
    if np.asarray(initiators).dtype.kind == "c":
        raise TypeError(f"{name} must be real, got complex numbers; pass its real part.")
    theta = as_array(name, initiators)
    if theta.ndim < 2 or theta.shape[-1] != theta.shape[-2] or theta.shape[-1] < 2:
        raise ValueError(
            f"{name} must be a square matrix of size at least 2, got shape {theta.shape}."
        )
    outside = (theta < 0) | (theta > 1)
    if outside.any():
        raise ValueError(
            f"{name} must hold probabilities in [0, 1], got {float(theta[outside][0])!r}; clip it "
            "if that is rounding."
        )
    if symmetric:
        gap = np.abs(theta - np.swapaxes(theta, -1, -2))
        if gap.size and gap.max() > _ASYMMETRY:
            raise ValueError(
                f"{name} must be symmetric for an undirected graph, got entries that differ from "
                f"their mirror by up to {float(gap.max()):.3g}; pass directed=True, or the mean "
                f"of {name} and its transpose."
            )
    return theta


def check_levels(n_levels, size) -> int:
    """Check the Kronecker power.

    Parameters
    ----------
    n_levels : int
        What was given.
    size : int
        Side m of the initiator.

    Returns
    -------
    int
        The value.

    Raises
    ------
    ValueError
        If it is not an integer of at least 1, or ``size**n_levels`` exceeds 2^62.
    """
    levels = as_count("n_levels", n_levels)
    # The first comparison keeps Python from computing a power of millions of digits.
    if levels > 62 or int(size) ** levels > _MOST_VERTICES:
        raise ValueError(
            f"size**n_levels, the number of vertices, must not exceed 2^62, got "
            f"n_levels={n_levels!r} with an initiator of size {int(size)}; lower n_levels."
        )
    return levels


def canonical_order(initiator) -> np.ndarray:
    """Order the rows and columns of an initiator.

    Parameters
    ----------
    initiator : ndarray of shape (m, m)
        The initiator theta.

    Returns
    -------
    ndarray of int64, shape (m,)
        Permutation by descending sum of row and column, stable: ``theta[np.ix_(order, order)]`` is
        in canonical order.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.theory._kronecker_initiator import canonical_order
    >>> canonical_order(np.array([[0.2, 0.5], [0.5, 0.9]])).tolist()
    [1, 0]
    """
    theta = np.asarray(initiator)
    return np.argsort(-(theta.sum(axis=1) + theta.sum(axis=0)), kind="stable")
