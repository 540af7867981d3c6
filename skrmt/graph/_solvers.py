# SPDX-License-Identifier: BSD-3-Clause
"""The four ways to an initiator, each from one clean graph to the attributes of the estimator."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from skrmt.exceptions import TheoryWarning
from skrmt.graph._adjacency import MAX_VERTICES, list_edges
from skrmt.graph._count_noise import CountNoise, fewest_draws, measure_noise
from skrmt.graph._denoised_fit import fit_denoised
from skrmt.graph._edge_classes import digit_pair_counts, parameter_index
from skrmt.graph._known_labels import fit_known_labels, known_labels_std
from skrmt.graph._label_fit import fit_labels
from skrmt.graph._moment_fit import REVERSE_ORDER, fit_moments, is_reversed, moment_minima
from skrmt.graph._two_step_fit import REJECTED, two_step_fit
from skrmt.theory._kronecker_subgraphs import subgraph_means
from skrmt.utils._user_warning import warn_user

__all__ = ["SOLVERS", "Problem", "Solution", "check_problem"]


@dataclass
class Problem:
    """One graph, and how its initiator is to be found.

    Parameters
    ----------
    adjacency : csr_array of shape (n, n)
        Clean pattern.
    directed : bool
        Whether the graph is directed.
    counts : ndarray of shape (n_patterns,)
        Observed numbers of subgraphs.
    n_levels : int
        Number of levels K.
    parameters : Bunch
        Parameters of the estimator.
    random_state : RandomState
        Source of all draws.
    """

    adjacency: sp.csr_array
    directed: bool
    counts: np.ndarray
    n_levels: int
    parameters: object
    random_state: np.random.RandomState

    @property
    def size(self):
        """Side m of the initiator."""
        return self.parameters.initiator_size

    @property
    def n_parameters(self):
        """Number of free entries of the initiator."""
        return int(parameter_index(self.size, self.directed).max()) + 1

    def say(self, message):
        """Print a message if the user wants to be told.

        Parameters
        ----------
        message : str
            The message.
        """
        if self.parameters.verbose:
            print(f"[KroneckerGraphInference] {message}")

    def reversed(self):
        """Reverse all arcs.

        Returns
        -------
        Problem
            The same for the reversed graph, whose initiator is the transposed one.
        """
        return replace(self, adjacency=self.adjacency.T.tocsr(), counts=self.counts[REVERSE_ORDER])

    def noise(self, initiator):
        """Measure the scatter of the counts.

        Parameters
        ----------
        initiator : ndarray of shape (m, m)
            The model.

        Returns
        -------
        CountNoise or None
            The scatter; None without bootstrap or without scatter.
        """
        n_draws = self.parameters.n_bootstrap
        if n_draws == 0:
            return None
        self.say(f"drawing {n_draws} graphs to see how the counts scatter")
        return measure_noise(initiator, self.n_levels, self.directed, n_draws, self.random_state)


def check_problem(problem):
    """Check the parameters that depend on the graph.

    Parameters
    ----------
    problem : Problem
        The graph and the parameters.

    Raises
    ------
    ValueError
        If the graph has no edge, the bootstrap is too small, or the moments do not identify the
        initiator.
    """
    parameters, n_patterns = problem.parameters, len(problem.counts)
    if problem.adjacency.nnz == 0:
        raise ValueError("X has no edge off its diagonal: there is nothing to fit.")
    if 0 < parameters.n_bootstrap < fewest_draws(n_patterns):
        raise ValueError(
            f"n_bootstrap={parameters.n_bootstrap} draws do not give a covariance of {n_patterns} "
            f"counts: take at least {fewest_draws(n_patterns)}, or 0 for no standard errors."
        )
    n_vertices = problem.size**problem.n_levels
    wanted = parameters.n_components
    if parameters.solver == "denoise" and wanted != "auto" and wanted > n_vertices:
        raise ValueError(
            f"n_components={wanted} is more than the {n_vertices} singular values that there are; "
            "'auto' is the rank of the model."
        )
    if n_vertices > MAX_VERTICES and (
        parameters.solver in ("mle", "denoise") or parameters.n_bootstrap > 0
    ):
        raise ValueError(
            f"n_levels={problem.n_levels} gives a model of {n_vertices} vertices, too many to draw "
            "graphs or labels of: take a smaller n_levels, or n_bootstrap=0 with solver='moments' "
            "or 'counts'."
        )
    if parameters.solver != "moments":
        return
    kind = "directed" if problem.directed else "undirected"
    if problem.n_parameters > n_patterns:
        raise ValueError(
            f"{n_patterns} counts of {kind} graphs do not determine the {problem.n_parameters} "
            f"entries of an initiator of size {problem.size}: set solver='mle', or a smaller "
            "initiator_size."
        )
    if problem.n_parameters == n_patterns:
        warn_user(
            f"An initiator of size {problem.size} has as many entries as there are counts "
            f"({n_patterns}): the fit is ill-conditioned and little is left to test it by. "
            "solver='mle' is several times as accurate.",
            TheoryWarning,
        )


class Solution(NamedTuple):
    """An initiator and what is known about it.

    Parameters
    ----------
    initiator : ndarray of shape (m, m)
        The estimate.
    noise : CountNoise or None
        Scatter of the counts under the model; None without bootstrap or without scatter.
    statistic, pvalue : float
        J statistic of the counts and its tail probability; nan where there is no test.
    attributes : dict
        Fitted attributes that only this solver has.
    """

    initiator: np.ndarray
    noise: CountNoise | None
    statistic: float
    pvalue: float
    attributes: dict


def _by_moments(problem):
    if problem.directed and is_reversed(problem.counts[None])[0]:
        return _turned(_by_moments(problem.reversed()))
    minima, losses = moment_minima(problem.counts, problem.n_levels, problem.size, problem.directed)
    problem.say(f"moments: relative loss {losses[0]:.3g}")
    if problem.parameters.n_bootstrap == 0:
        attributes = {"initiator_std_": np.full_like(minima[0], np.nan)}
        return Solution(minima[0], None, np.nan, np.nan, attributes)
    fit = two_step_fit(minima, problem.counts, problem.noise, problem.n_levels, problem.directed)
    if fit.pvalue < REJECTED:
        problem.say(
            f"J = {fit.statistic:.3g}, p = {fit.pvalue:.2g}: no initiator of this size explains "
            "the counts; the first step is kept"
        )
    attributes = {"initiator_std_": fit.std}
    return Solution(fit.initiator, fit.noise, fit.statistic, fit.pvalue, attributes)


def _turned(solution):
    """Turn the fit of a reversed graph back."""
    noise = solution.noise
    return solution._replace(
        initiator=solution.initiator.T.copy(),
        noise=None if noise is None else noise.reordered(REVERSE_ORDER),
        attributes={name: value.T.copy() for name, value in solution.attributes.items()},
    )


def _tested(problem, initiator, attributes):
    """Test an initiator that was not fitted to the counts by all of them."""
    noise = problem.noise(initiator)
    if noise is None:
        return Solution(initiator, None, np.nan, np.nan, attributes)
    expected = subgraph_means(initiator, problem.n_levels, problem.directed)
    statistic = float(np.square(noise.distance(problem.counts, expected)).sum())
    return Solution(initiator, noise, statistic, noise.pvalue(statistic, 0), attributes)


def _by_likelihood(problem):
    parameters = problem.parameters

    def report(step, initiator, log_likelihood):
        entries = np.array2string(initiator, precision=3, suppress_small=True).replace("\n", "")
        problem.say(f"round {step + 1}: log-likelihood {log_likelihood:.6g}, initiator {entries}")

    # Where counts determine the initiator this is an estimate, otherwise one guess of many.
    determined = problem.n_parameters < len(problem.counts)
    effort = {} if determined else {"n_points": 1024, "n_polished": 2}
    first, _ = fit_moments(
        problem.counts[None], problem.n_levels, problem.size, problem.directed, **effort
    )
    fit = fit_labels(
        problem.adjacency,
        problem.directed,
        first[0],
        problem.n_levels,
        n_iter=parameters.n_iter,
        n_sweeps=parameters.n_sweeps,
        burn_in=parameters.burn_in,
        n_states=parameters.n_posterior_samples,
        random_state=problem.random_state,
        start_is_estimate=determined,
        report=report,
    )
    attributes = {
        "labels_": fit.labels,
        "log_likelihood_": fit.log_likelihood,
        "n_iter_": parameters.n_iter,
        "_posterior_labels": fit.posterior_labels,
    }
    return _tested(problem, fit.initiator, attributes)


def _by_counts(problem):
    rows, columns = list_edges(problem.adjacency, directed=True)
    pairs = digit_pair_counts(rows, columns, problem.size, problem.n_levels)
    initiator = fit_known_labels(pairs, problem.n_levels)
    index = parameter_index(problem.size, problem.directed)
    attributes = {
        "labels_": np.arange(problem.adjacency.shape[0], dtype=np.int32),
        "initiator_std_": known_labels_std(initiator, problem.n_levels, index),
    }
    return _tested(problem, initiator, attributes)


def _by_denoising(problem):
    wanted = problem.parameters.n_components
    fit = fit_denoised(
        problem.adjacency,
        problem.size,
        problem.n_levels,
        problem.directed,
        None if wanted == "auto" else wanted,
        problem.random_state,
    )
    attributes = {
        "labels_": np.arange(problem.adjacency.shape[0], dtype=np.int32),
        "singular_values_": fit.singular_values,
        "n_spikes_": fit.n_spikes,
    }
    return _tested(problem, fit.initiator, attributes)


SOLVERS = {
    "moments": _by_moments,
    "mle": _by_likelihood,
    "counts": _by_counts,
    "denoise": _by_denoising,
}
