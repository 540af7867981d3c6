# SPDX-License-Identifier: BSD-3-Clause
"""Monte-Carlo EM: the likelihood of a graph whose labels are unknown.

J. Leskovec et al., "Kronecker Graphs", JMLR 2010, section 5, maximise the same likelihood by
stochastic gradient steps. Here labels are drawn by a Metropolis chain given the initiator
(`LabelChain`), and the initiator maximises the exact likelihood given labels (`fit_bernoulli`); the
mean over the last half of the rounds averages the noise of the draws away (B. T. Polyak,
A. B. Juditsky, SIAM J. Control Optim. 30, 1992).
"""

from typing import NamedTuple

import numpy as np

from skrmt.graph._adjacency import list_edges
from skrmt.graph._bernoulli_fit import clipped, fit_bernoulli, log_likelihood_of
from skrmt.graph._edge_classes import edge_classes, parameter_index
from skrmt.graph._label_chain import LabelChain, degree_labels
from skrmt.theory._kronecker_initiator import canonical_order

__all__ = ["LabelFit", "fit_labels"]

# Sweeps between two states that are kept: neighbours in time are alike.
_SWEEPS_BETWEEN_STATES = 5
# Proposals of one compiled call, which cannot be interrupted: a fraction of a second.
_UNINTERRUPTED = 2**20
# Sweeps between fits while the initiator is no more than a guess.
_SWEEPS_OF_A_GUESS = 4


class LabelFit(NamedTuple):
    """An initiator with draws of the labels.

    Parameters
    ----------
    initiator : ndarray of shape (m, m)
        The estimate, in canonical order.
    labels : ndarray of shape (n,), int32
        Labels of the vertices at the end.
    posterior_labels : ndarray of shape (n_states, n), int32
        Further states of the chain.
    log_likelihood : float
        Of the graph with `labels` under `initiator`.
    """

    initiator: np.ndarray
    labels: np.ndarray
    posterior_labels: np.ndarray
    log_likelihood: float


def fit_labels(
    adjacency,
    directed,
    start,
    n_levels,
    *,
    n_iter,
    n_sweeps,
    burn_in,
    n_states,
    random_state,
    start_is_estimate=True,
    report=None,
):
    """Alternate draws of the labels and fits of the initiator.

    Parameters
    ----------
    adjacency : csr_array of shape (n, n)
        Clean pattern.
    directed : bool
        Whether the graph is directed.
    start : ndarray of shape (m, m)
        First initiator.
    n_levels : int
        Number of levels K.
    n_iter : int
        Rounds.
    n_sweeps : int
        Proposals of a round for each of the ``m**K`` vertices.
    burn_in : int
        Proposals before the first round, for each vertex.
    n_states : int
        States of the chain that are kept after the last round.
    random_state : RandomState
        Source of the draws.
    start_is_estimate : bool, default=True
        Whether `start` is one: otherwise the initiator follows the labels from the beginning.
    report : callable or None
        Told of each round: ``report(round, initiator, log_likelihood)``.

    Returns
    -------
    LabelFit
        The estimate.
    """
    size, n = len(start), adjacency.shape[0]
    n_vertices = size**n_levels
    index = parameter_index(size, directed)
    rows, columns = list_edges(adjacency, directed)
    initiator = clipped(start)
    labels = degree_labels(adjacency, directed, initiator, n_levels)
    chain = LabelChain(adjacency, directed, size, n_levels, labels, random_state)

    def classes():
        return edge_classes(chain.labels[rows], chain.labels[columns], size, n_levels, directed)

    # Labels drawn at a wrong initiator hold it where it is, all the more the longer they settle.
    at_once = max(1, _UNINTERRUPTED // n_vertices) if start_is_estimate else _SWEEPS_OF_A_GUESS
    for done in range(0, burn_in, at_once):
        chain.run(initiator, min(at_once, burn_in - done) * n_vertices)
        if not start_is_estimate:
            initiator = fit_bernoulli(initiator, classes(), index, n_levels, directed)
    rounds = []
    for step in range(n_iter):
        chain.run(initiator, n_sweeps * n_vertices)
        seen = classes()
        initiator = fit_bernoulli(initiator, seen, index, n_levels, directed)
        rounds.append(initiator)
        if report is not None:
            value, _ = log_likelihood_of(initiator, seen, index, n_levels, directed)
            report(step, initiator, value)
    mean = clipped(np.mean(rounds[len(rounds) // 2 :], axis=0))  # a mean rounds, too
    # The labels belong to the estimate, not to the last round.
    chain.run(mean, n_sweeps * n_vertices)
    value, _ = log_likelihood_of(mean, classes(), index, n_levels, directed)
    labels = chain.labels[:n].copy()
    states = np.empty((n_states, n), np.int32)
    for state in states:
        chain.run(mean, _SWEEPS_BETWEEN_STATES * n_vertices)
        state[:] = chain.labels[:n]
    order = canonical_order(mean)
    return LabelFit(
        mean[np.ix_(order, order)],
        _renamed(labels, order, n_levels),
        _renamed(states, order, n_levels),
        float(value),
    )


def _renamed(labels, order, n_levels):
    """Write labels in the digits of the reordered initiator."""
    size = len(order)
    new_digit = np.empty(size, np.int64)
    new_digit[order] = np.arange(size)
    left, renamed, base = labels.astype(np.int64), np.zeros(labels.shape, np.int64), 1
    for _ in range(n_levels):
        left, digit = np.divmod(left, size)
        renamed += base * new_digit[digit]
        base *= size
    return renamed.astype(labels.dtype)
