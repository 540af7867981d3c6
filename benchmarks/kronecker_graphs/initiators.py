# SPDX-License-Identifier: BSD-3-Clause
"""Initiators that graphs are drawn from, and how far an estimate is from one."""

import numpy as np

from skrmt.graph import KroneckerGraphInference, random_kronecker_graph
from skrmt.theory import kronecker_perturbation

# Sparse: from 6.4 thousand edges at K = 12 to 3.5 million at K = 20.
SPARSE = "[[.99, .54], [.54, .13]]"
SECOND = "[[.9, .6], [.6, .3]]"
DIRECTED = "[[.9, .7], [.5, .2]]"
# Dense, within the regime of the linearised model: p = 0.8 and
# X = [[5.25, 2.25], [.25, -7.75]] at N = 1024.
DENSE = "p = .8, X = [[5.25, 2.25], [.25, -7.75]]"
DENSE_LEVELS = 10

INITIATORS = {
    SPARSE: np.array([[0.99, 0.54], [0.54, 0.13]]),
    SECOND: np.array([[0.9, 0.6], [0.6, 0.3]]),
    DIRECTED: np.array([[0.9, 0.7], [0.5, 0.2]]),
    DENSE: 0.8 + np.array([[5.25, 2.25], [0.25, -7.75]]) / 2 ** (DENSE_LEVELS / 2),
}

# Methods: settings of the estimator. Only "moments, two steps" draws bootstrap graphs; the others
# would draw them for the goodness of fit alone.
METHODS = {
    "moments, one step": {"n_bootstrap": 0},
    "moments, two steps": {},
    "mle": {"solver": "mle", "n_bootstrap": 0},
    "counts": {"solver": "counts", "n_bootstrap": 0},
    "denoise": {"solver": "denoise", "n_bootstrap": 0},
}


def is_directed(case):
    """Whether the graphs of an initiator have directions."""
    return bool((INITIATORS[case] != INITIATORS[case].T).any())


def draw(case, n_levels, seed):
    """Draw a graph."""
    return random_kronecker_graph(
        INITIATORS[case], n_levels, directed=is_directed(case), random_state=seed
    )


def make(method, case, n_levels, seed):
    """Set up a method for the graphs of an initiator."""
    return KroneckerGraphInference(
        n_levels=n_levels, directed=is_directed(case), random_state=seed, **METHODS[method]
    )


def initiator_error(estimate, truth):
    """Frobenius distance, in the better of the two orders of rows and columns."""
    reverse = estimate[::-1, ::-1]
    return float(min(np.linalg.norm(estimate - truth), np.linalg.norm(reverse - truth)))


def relative_error(estimate, truth, *, labelled):
    """Squared distance of the perturbations over the squared size of the true one.

    Parameters
    ----------
    estimate, truth : ndarray of shape (2, 2)
        Initiators.
    labelled : bool
        Whether the order of rows and columns counts.

    Returns
    -------
    error : float
        The relative mean squared error; 1 for an estimate that is constant.
    """
    _, wanted = kronecker_perturbation(truth, DENSE_LEVELS)
    _, found = kronecker_perturbation(estimate, DENSE_LEVELS)
    errors = [
        np.square(x - wanted).sum() for x in ([found] if labelled else [found, found[::-1, ::-1]])
    ]
    return float(min(errors) / np.square(wanted).sum())
