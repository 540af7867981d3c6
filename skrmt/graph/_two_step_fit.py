# SPDX-License-Identifier: BSD-3-Clause
"""From a fit of the counts to an efficient one, with standard errors and a test of the model.

The relative loss weighs all counts alike. Once graphs of the first fit show how the counts scatter
(`CountNoise`), the weighted distance does better: it is minimised by the second step of the
generalised method of moments (L. P. Hansen, Econometrica 50, 1982), its minimum is the J statistic,
and its curvature gives the standard errors. [ours for Kronecker graphs; the first step is Gleich
and Owen's.]
"""

from typing import NamedTuple

import numpy as np

from skrmt.exceptions import TheoryWarning
from skrmt.graph._bounded_least_squares import least_squares
from skrmt.graph._count_noise import CountNoise
from skrmt.graph._edge_classes import free_entries, parameter_index
from skrmt.theory._kronecker_initiator import canonical_order
from skrmt.theory._kronecker_subgraphs import subgraph_means
from skrmt.utils._user_warning import warn_user

__all__ = ["REJECTED", "TwoStepFit", "refine", "two_step_fit"]

# A model with a smaller p-value is wrong, and the weights that it implies with it.
REJECTED = 1e-3
_DIFFERENCE = 1e-6
# A standard error of half the range of a probability: the slopes do not describe such a fit.
_TOO_LARGE = 0.5
# Two fits whose J differ by less are as good as each other: 99 % of a chi-squared variable.
_UNDECIDED = 6.63
# A J so much larger with the weights of another minimum is not made good by its own: rivals had
# some 10, other minima hundreds and more.
_HOPELESS = 100.0


class TwoStepFit(NamedTuple):
    """An initiator with its errors.

    Parameters
    ----------
    initiator : ndarray of shape (m, m)
        The estimate, in canonical order.
    std : ndarray of shape (m, m)
        Standard errors, 0 where the model has no randomness.
    statistic : float
        The J statistic of the second step.
    pvalue : float
        Its tail probability, nan where nothing is left to test.
    noise : CountNoise or None
        Scatter of the counts that the second step weighed them by.
    """

    initiator: np.ndarray
    std: np.ndarray
    statistic: float
    pvalue: float
    noise: CountNoise | None


def two_step_fit(minima, counts, measure, n_levels, directed):
    """Take the second step from the minima of the first.

    Parameters
    ----------
    minima : ndarray of shape (n_minima, m, m)
        Minima of the relative loss, the best one first.
    counts : ndarray of shape (n_patterns,)
        Observed numbers of subgraphs.
    measure : callable
        Scatter of the counts of graphs drawn from an initiator, ``measure(initiator)``.
    n_levels : int
        Number of levels K.
    directed : bool
        Whether the graph is directed.

    Returns
    -------
    TwoStepFit
        The fit of least J. If another one is as good, the standard errors reach to it.

    Warns
    -----
    TheoryWarning
        If another initiator far from this one explains the counts as well.
    """
    noise = measure(minima[0])
    best = refine(minima[0], counts, noise, n_levels, directed)
    if noise is None or best.pvalue < REJECTED:
        return best
    fits = [best]
    # Weights belong to the graphs of one minimum: a first look with those of another.
    means = subgraph_means(minima[1:], n_levels, directed)
    statistics = np.square(noise.distance(counts, means)).sum(axis=-1)
    for minimum in minima[1:][statistics < best.statistic + _HOPELESS]:
        fits.append(refine(minimum, counts, measure(minimum), n_levels, directed))
    best = min(fits, key=lambda fit: fit.statistic)
    rivals = [
        fit
        for fit in fits
        if fit.statistic < best.statistic + _UNDECIDED
        and np.any(np.abs(fit.initiator - best.initiator) > 4 * best.std)
    ]
    if not rivals:
        return best
    gaps = [np.abs(fit.initiator - best.initiator) for fit in rivals]
    other = np.array2string(rivals[0].initiator, precision=2).replace("\n", "")
    warn_user(
        f"The counts do not tell two initiators apart, that of the fit and {other}: initiator_std_ "
        "reaches from one to the other. Known labels decide (solver='counts').",
        TheoryWarning,
    )
    return best._replace(std=np.max([best.std, *gaps], axis=0))


def refine(first, counts, noise, n_levels, directed):
    """Take the second step from one first fit.

    Parameters
    ----------
    first : ndarray of shape (m, m)
        Initiator of least relative loss.
    counts : ndarray of shape (n_patterns,)
        Observed numbers of subgraphs.
    noise : CountNoise or None
        Scatter of the counts of graphs drawn from `first`; None where they do not scatter.
    n_levels : int
        Number of levels K.
    directed : bool
        Whether the graph is directed.

    Returns
    -------
    TwoStepFit
        The second step; the first one if the model is rejected.
    """
    if noise is None:
        return TwoStepFit(first, np.zeros_like(first), np.nan, np.nan, None)
    index = parameter_index(len(first), directed)
    start = free_entries(first, index)[None]
    found, (statistic,) = _weighted_fit(start, counts[None], noise, index, n_levels, directed)
    # An entry that stops at a bound fits nothing.
    n_fitted = np.count_nonzero((found[0] > 0) & (found[0] < 1))
    pvalue = noise.pvalue(statistic, n_fitted)
    rejected = pvalue < REJECTED
    parameters = start[0] if rejected else found[0]
    slopes = _log_slopes(parameters, index, n_levels, directed)
    if rejected:
        weights = subgraph_means(first, n_levels, directed) / np.maximum(counts, 1)
        std = _first_step_std(slopes, weights, noise.covariance)
    else:
        std = _inverse_curvature_std(noise.whitening @ slopes)
    if np.any(std > _TOO_LARGE):
        std = _refitted_std(parameters, noise, index, n_levels, directed)
    order = canonical_order(parameters[index])
    square = np.ix_(order, order)
    return TwoStepFit(
        parameters[index][square], std[index][square], float(statistic), float(pvalue), noise
    )


def _weighted_fit(starts, counts, noise, index, n_levels, directed):
    """Minimise the weighted distance, for each row of counts."""

    def residuals(parameters, rows):
        expected = subgraph_means(parameters[:, index], n_levels, directed)
        return noise.distance(counts[rows], expected)

    return least_squares(residuals, starts)


def _log_slopes(parameters, index, n_levels, directed):
    """Derivatives of the logarithms of the expected counts by the parameters."""
    n_parameters = len(parameters)
    shifted = np.repeat(parameters[None, :], 2 * n_parameters, axis=0)
    k = np.arange(n_parameters)
    shifted[k, k] = np.minimum(parameters + _DIFFERENCE, 1)
    shifted[n_parameters + k, k] = np.maximum(parameters - _DIFFERENCE, 0)
    counts = subgraph_means(shifted[:, index], n_levels, directed)
    logs = np.log(np.maximum(counts, np.finfo(float).tiny))
    width = shifted[k, k] - shifted[n_parameters + k, k]
    return ((logs[:n_parameters] - logs[n_parameters:]) / width[:, None]).T


def _inverse_curvature_std(whitened):
    """Standard errors of the weighted fit, from (S^T S)^-1; infinite if S has no full rank."""
    if np.linalg.matrix_rank(whitened) < whitened.shape[1]:
        return np.full(whitened.shape[1], np.inf)
    return np.linalg.norm(np.linalg.pinv(whitened), axis=1)


def _refitted_std(parameters, noise, index, n_levels, directed):
    """Standard errors from fits to the drawn graphs.

    Where two rows of the initiator are alike, exchanging them changes nothing, the counts do not
    move with their difference, and there is no slope to divide by.
    """
    starts = np.repeat(parameters[None], len(noise.draws), axis=0)
    found, _ = _weighted_fit(starts, noise.draws, noise, index, n_levels, directed)
    found = np.array([_in_order(p, index) for p in found])
    return np.sqrt(np.square(found - _in_order(parameters, index)).mean(axis=0) / noise.correction)


def _in_order(parameters, index):
    """Parameters of the initiator in canonical order."""
    initiator = parameters[index]
    order = canonical_order(initiator)
    return free_entries(initiator[np.ix_(order, order)], index)


def _first_step_std(slopes, weights, covariance):
    """Standard errors of the first step, whose weights are not those of the scatter.

    With D the derivatives of its residuals, their covariance is ``W C W`` and that of the
    parameters ``D^+ W C W D^+T``.
    """
    inverse = np.linalg.pinv(weights[:, None] * slopes) * weights
    return np.sqrt(np.diag(inverse @ covariance @ inverse.T))
