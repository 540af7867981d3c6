# SPDX-License-Identifier: BSD-3-Clause
"""The four ways to an initiator, each from one clean graph to the attributes of the estimator."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from skrmt.exceptions import TheoryWarning
from skrmt.graph._count_noise import CountNoise, fewest_draws, measure_noise
from skrmt.graph._denoised_fit import fit_denoised
from skrmt.graph._edge_classes import digit_pair_counts, parameter_index
from skrmt.graph._known_labels import fit_known_labels, known_labels_std
from skrmt.graph._label_fit import fit_labels, undirected_once
from skrmt.graph._moment_fit import fit_moments
from skrmt.graph._two_step_fit import REJECTED, refine
from skrmt.theory._kronecker_subgraphs import _subgraph_counts
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

    def first_step(self):
        """Fit the counts, all alike.

        Returns
        -------
        ndarray of shape (m, m)
            Initiator of least relative loss.
        """
        initiators, losses = fit_moments(
            self.counts[None, :], self.n_levels, self.size, self.directed
        )
        self.say(f"moments: relative loss {losses[0]:.3g}")
        return initiators[0]

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
            f"({n_patterns}): the fit is ill-conditioned and nothing is left to test it by. "
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
    first = problem.first_step()
    if problem.parameters.n_bootstrap == 0:
        attributes = {"initiator_std_": np.full_like(first, np.nan)}
        return Solution(first, None, np.nan, np.nan, attributes)
    noise = problem.noise(first)
    fit = refine(first, problem.counts, noise, problem.n_levels, problem.directed)
    if fit.pvalue < REJECTED:
        problem.say(
            f"J = {fit.statistic:.3g}, p = {fit.pvalue:.2g}: no initiator of this size explains "
            "the counts; the first step is kept"
        )
    attributes = {"initiator_std_": fit.std}
    return Solution(fit.initiator, noise, fit.statistic, fit.pvalue, attributes)


def _tested(problem, initiator, attributes):
    """Test an initiator that was not fitted to the counts by all of them."""
    noise = problem.noise(initiator)
    if noise is None:
        return Solution(initiator, None, np.nan, np.nan, attributes)
    expected = _subgraph_counts(initiator, problem.n_levels, problem.directed)
    statistic = float(np.square(noise.distance(problem.counts, expected)).sum())
    return Solution(initiator, noise, statistic, noise.pvalue(statistic, 0), attributes)


def _by_likelihood(problem):
    parameters = problem.parameters

    def report(step, initiator, log_likelihood):
        entries = np.array2string(initiator, precision=3).replace("\n", "")
        problem.say(f"round {step + 1}: log-likelihood {log_likelihood:.6g}, initiator {entries}")

    fit = fit_labels(
        problem.adjacency,
        problem.directed,
        problem.first_step(),
        problem.n_levels,
        n_iter=parameters.n_iter,
        n_sweeps=parameters.n_sweeps,
        burn_in=parameters.burn_in,
        n_states=parameters.n_posterior_samples,
        random_state=problem.random_state,
        start_is_estimate=problem.n_parameters < len(problem.counts),
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
    rows, columns = undirected_once(problem.adjacency, directed=True)
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
