# SPDX-License-Identifier: BSD-3-Clause
"""Edges by their digits: all that a Kronecker likelihood sees of a labelled graph.

With labels written in base m, the probability of an edge is a product over the K digit positions,
``P_ij = prod_q theta[i_q, j_q]``. It depends on how often each pair of digits occurs and on nothing
else, so edges with the same counts form one class, and a likelihood is a sum over few classes
instead of many edges.
"""

from typing import NamedTuple

import numpy as np

__all__ = [
    "EdgeClasses",
    "digit_pair_counts",
    "edge_classes",
    "free_entries",
    "parameter_index",
]

# Entries of a table that takes several digits at once: it stays in the first cache.
_TABLE = 4096
_LARGEST_CODE = 2**62


class EdgeClasses(NamedTuple):
    """Edges grouped by their numbers of digit pairs.

    Parameters
    ----------
    exponents : ndarray of shape (n_classes, n_parameters), float64
        How often each free entry of the initiator is a factor; rows sum to the number of levels.
    multiplicity : ndarray of shape (n_classes,), float64
        Edges of the class.
    """

    exponents: np.ndarray
    multiplicity: np.ndarray


def parameter_index(size, directed):
    """Number the free entries of an initiator.

    Parameters
    ----------
    size : int
        Side m of the initiator.
    directed : bool
        False: the initiator is symmetric, and an entry and its mirror are one parameter.

    Returns
    -------
    ndarray of shape (m, m), int64
        Number of the parameter behind each entry, row by row.
    """
    if directed:
        return np.arange(size * size).reshape(size, size)
    index = np.zeros((size, size), np.int64)
    rows, columns = np.triu_indices(size)
    index[rows, columns] = index[columns, rows] = np.arange(len(rows))
    return index


def free_entries(initiator, index):
    """Take the free entries of an initiator; ``parameters[index]`` is the initiator again.

    Parameters
    ----------
    initiator : ndarray of shape (m, m)
        Symmetric where an entry and its mirror are one parameter.
    index : ndarray of shape (m, m), int
        Number of the parameter behind each entry, as of `parameter_index`.

    Returns
    -------
    ndarray of shape (n_parameters,), float64
        The parameters.
    """
    parameters = np.empty(index.max() + 1)
    parameters[index] = initiator
    return parameters


def _sums_over_digits(rows, columns, size, n_levels, weights):
    """Sum over the levels ``weights[i_q, j_q]``, several digits at a time."""
    chunk = max(1, int(np.log(_TABLE) / (2 * np.log(size)) + 1e-9))
    table, digits, total = weights, 1, 0
    while digits < min(chunk, n_levels):
        table = (table[:, None, :, None] + weights[None, :, None, :]).reshape(
            table.shape[0] * size, -1
        )
        digits += 1
    for done in range(0, n_levels, digits):
        left = min(digits, n_levels - done)
        base = size**left
        # Division by one number is vectorised, the remainder is not.
        row_left, column_left = rows // base, columns // base
        pair = (rows - row_left * base) * len(table) + (columns - column_left * base)
        rows, columns = row_left, column_left
        # Leading digits of 0 would count as pairs (0, 0): the last table is as long as needed.
        total = total + table.ravel().take(pair)
        if left < digits:
            total = total - (digits - left) * weights[0, 0]
    return total


def edge_classes(rows, columns, size, n_levels, directed):
    """Group edges with known labels by their digit pairs.

    Parameters
    ----------
    rows, columns : ndarray of shape (n_edges,), int
        Labels of the two ends; each undirected edge once, in either order.
    size : int
        Side m of the initiator.
    n_levels : int
        Number of levels K.
    directed : bool
        False: pairs (a, b) and (b, a) are the same.

    Returns
    -------
    EdgeClasses
        The classes. ``O(n_edges K)`` operations and a sort.
    """
    index = parameter_index(size, directed)
    n_parameters = int(index.max()) + 1
    base = n_levels + 1
    if base ** (n_parameters - 1) < _LARGEST_CODE:
        # Exponents as the digits of one number; the last one is what is missing to n_levels.
        powers = np.array([base**k for k in range(n_parameters - 1)] + [0], np.int64)
        codes = _sums_over_digits(rows, columns, size, n_levels, powers[index])
        codes, multiplicity = np.unique(codes, return_counts=True)
        exponents = codes[:, None] // powers[:-1] % base
        last = n_levels - exponents.sum(axis=1, keepdims=True)
        exponents = np.hstack([exponents, last])
    else:
        one_hot = np.eye(n_parameters, dtype=np.int16)
        each = np.column_stack(
            [
                _sums_over_digits(rows, columns, size, n_levels, one_hot[k][index])
                for k in range(n_parameters)
            ]
        )
        exponents, multiplicity = np.unique(each, axis=0, return_counts=True)
    return EdgeClasses(exponents.astype(float), multiplicity.astype(float))


def digit_pair_counts(rows, columns, size, n_levels):
    """Count the pairs of digits over all edges and levels.

    Parameters
    ----------
    rows, columns : ndarray of shape (n_edges,), int
        Labels of the two ends.
    size : int
        Side m of the initiator.
    n_levels : int
        Number of levels K.

    Returns
    -------
    ndarray of shape (m, m), float64
        ``C_ab``, the number of edges and levels with digit a in the row and b in the column;
        it sums to K times the number of edges. It is ``Theta^T vec(A)`` up to a factor ([1]_,
        Proposition 3), computed without Theta.

    References
    ----------
    .. [1] Z. Liao, Y. Xia, C. Niu, Y. Xiao, "Analysis and Approximate Inference of Large Random
       Kronecker Graphs", arXiv:2306.08489.
    """
    classes = edge_classes(rows, columns, size, n_levels, directed=True)
    return (classes.multiplicity @ classes.exponents).reshape(size, size)
