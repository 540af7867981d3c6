# SPDX-License-Identifier: BSD-3-Clause
"""What a fitted Kronecker model can be asked: scores, likelihoods, links, counts and samples."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skrmt.graph._adjacency import (
    FORMATS,
    as_matrix,
    check_levels_hold,
    pattern_of,
    read_adjacency,
)
from skrmt.graph._edge_tables import mean_probability
from skrmt.graph._kronecker_sampler import random_kronecker_graph
from skrmt.graph._likelihood import check_labels, check_vertices, labelled_log_likelihood
from skrmt.graph._moment_fit import moment_loss
from skrmt.graph._subgraph_counts import count_subgraphs
from skrmt.theory import expected_subgraph_counts

__all__ = ["FittedModelMixin"]


class FittedModelMixin:
    """Methods of an estimator with `initiator_`, `n_levels_` and `directed_`.

    `labels_`, `_posterior_labels` and `_noise` are used where the solver left them.
    """

    def score(self, X, y=None):
        """Judge a graph under the fitted model by its subgraph counts, whatever its labels.

        Parameters
        ----------
        X : {array-like, sparse matrix, networkx.Graph} of shape (n, n)
            A graph of at most ``initiator_size ** n_levels_`` vertices.
        y : None
            Ignored.

        Returns
        -------
        score : float
            ``-J / 2``, with J the squared distance of the logarithms of the counts from their
            expected values in the units of their scatter, which belongs to the model: it compares
            graphs, not models. With ``n_bootstrap=0``, or where the model has no scatter, minus the
            relative loss of the first step.
        """
        check_is_fitted(self)
        counts = count_subgraphs(self._read(X), self.directed_)
        if self._noise is None:
            return -float(moment_loss(self.expected_counts_, counts))
        return -0.5 * float(np.square(self._noise.distance(counts, self.expected_counts_)).sum())

    def log_likelihood(self, X, labels=None):
        """Exact log-likelihood of a graph with known labels.

        Parameters
        ----------
        X : {array-like, sparse matrix, networkx.Graph} of shape (n, n)
            A graph of at most ``initiator_size ** n_levels_`` vertices.
        labels : array-like of shape (n,), int, default=None
            Row of the model for each vertex; None for `labels_`, which are those of the graph that
            was fitted. A graph of `sample` has ``np.arange(n)``.

        Returns
        -------
        log_likelihood : float
            The log-likelihood; -inf if an edge of probability 0 is there or one of 1 is not.

        Raises
        ------
        AttributeError
            If the solver finds no labels and none are given.
        ValueError
            If X is no graph of at most that size, or the labels are not distinct and in range.
        """
        check_is_fitted(self)
        adjacency = self._read(X)
        if labels is None:
            labels = self._labels("log_likelihood")
            if len(labels) != adjacency.shape[0]:
                raise ValueError(
                    f"labels_ are those of the {len(labels)} vertices of fit, and X has "
                    f"{adjacency.shape[0]}: pass labels, np.arange(n) for a graph of sample."
                )
        n_labels = len(self.initiator_) ** self.n_levels_
        labels = check_labels(labels, adjacency.shape[0], n_labels)
        return labelled_log_likelihood(
            adjacency, self.directed_, self.initiator_, self.n_levels_, labels
        )

    def edge_probability(self, rows, columns):
        """Probability of an edge between vertices of the fitted graph.

        Parameters
        ----------
        rows, columns : array-like of int
            Vertices; they broadcast.

        Returns
        -------
        probability : ndarray of float64
            Under the model and `labels_`; with ``solver="mle"`` the mean over
            `n_posterior_samples` draws of the labels. 0 for a vertex and itself.

        Raises
        ------
        AttributeError
            If the solver finds no labels.
        ValueError
            For vertices that do not exist, or shapes that do not broadcast.
        """
        check_is_fitted(self)
        labels = np.atleast_2d(getattr(self, "_posterior_labels", self._labels("edge_probability")))
        rows, columns = check_vertices(rows, columns, self.n_features_in_)
        mean = mean_probability(self.initiator_, self.n_levels_, labels, rows, columns)
        return np.where(rows == columns, 0.0, mean)

    def expected_counts(self, n_levels=None):
        """Expected numbers of subgraphs in graphs of the fitted model.

        Parameters
        ----------
        n_levels : int, default=None
            Levels of the graphs; None for `n_levels_`.

        Returns
        -------
        counts : ndarray of shape (4,) or (9,)
            In the order of ``skrmt.theory.SUBGRAPHS[directed_]``.
        """
        check_is_fitted(self)
        levels = self.n_levels_ if n_levels is None else n_levels
        return expected_subgraph_counts(self.initiator_, levels, directed=self.directed_)

    def sample(self, n_graphs=1, *, n_levels=None, random_state=None):
        """Draw graphs from the fitted model.

        Parameters
        ----------
        n_graphs : int, default=1
            Number of graphs.
        n_levels : int, default=None
            Levels, for graphs of ``initiator_size ** n_levels`` vertices; None for `n_levels_`.
        random_state : int, RandomState instance or None, default=None
            Source of the draws.

        Returns
        -------
        graphs : list of csr_array
            Adjacency matrices, int8, without loops. Vertices are in the order of the model.
        """
        check_is_fitted(self)
        if not isinstance(n_graphs, Integral) or isinstance(n_graphs, bool) or n_graphs < 1:
            raise ValueError(f"n_graphs must be a whole number of at least 1, got {n_graphs!r}.")
        n_levels = self.n_levels_ if n_levels is None else n_levels
        model = {"directed": self.directed_, "random_state": check_random_state(random_state)}
        return [random_kronecker_graph(self.initiator_, n_levels, **model) for _ in range(n_graphs)]

    def _read(self, X):
        """Read this graph again, or another of the same kind, of any size that fits."""
        X, _ = as_matrix(X, self.directed_)
        shape = X.shape if hasattr(X, "shape") else np.shape(X)
        if len(shape) == 2 and shape[0] == shape[1] != self.n_features_in_:
            adjacency, _ = read_adjacency(X, self.directed_)
        else:
            X = validate_data(self, X, accept_sparse=FORMATS, reset=False)
            adjacency, _ = pattern_of(X, self.directed_)
        check_levels_hold(self.n_levels_, len(self.initiator_), adjacency.shape[0])
        return adjacency

    def _labels(self, method):
        try:
            return self.labels_
        except AttributeError:
            raise AttributeError(
                f"{method} needs the labels of the vertices, which this fit did not find: fit with "
                "solver='mle', or with 'counts' if the rows of X are in the order of the model."
            ) from None
