# SPDX-License-Identifier: BSD-3-Clause
"""Kronecker parameters of each graph of a collection, as features."""

from numbers import Integral

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skrmt.base import SkrmtEstimator
from skrmt.graph._adjacency import levels_for
from skrmt.graph._edge_classes import parameter_index
from skrmt.graph._graph_collection import read_collection
from skrmt.graph._moment_fit import fit_moments
from skrmt.graph._subgraph_counts import count_subgraphs_of_many
from skrmt.theory import SUBGRAPHS
from skrmt.utils._validation import Interval, fit_context

__all__ = ["KroneckerGraphFeatures"]

# Fewer than for one graph. On 3000 graphs of four collections the minima were the same.
_POINTS, _POLISHED = 1024, 6


class KroneckerGraphFeatures(TransformerMixin, SkrmtEstimator):
    """Describe each graph of a collection by its Kronecker initiator and its subgraph counts.

    Turns a list of graphs into a matrix that any classifier takes. The features do not depend on
    the order of the vertices. Thousands of graphs a second are fitted together, by the first step
    of ``KroneckerGraphInference(solver="moments", n_bootstrap=0)``.

    Parameters
    ----------
    initiator_size : int, default=2
        Side m of the initiators; 3 is possible for directed graphs only.
    counts : bool, default=True
        Whether to add the logarithms of the number of vertices and of one plus each number of
        subgraphs. The initiator alone says less.
    directed : bool, default=False
        Whether the graphs are directed.

    Raises
    ------
    TypeError
        In `fit` and `transform`: if X is not a list of graphs.
    ValueError
        If the initiator has more entries than there are counts, or a graph is not square, has no
        vertex, is not symmetric with ``directed=False`` or not finite; names its place in X.

    See Also
    --------
    KroneckerGraphInference : One graph, with standard errors and a test of the model.

    Notes
    -----
    `fit` learns nothing from the graphs, and checks them.

    References
    ----------
    .. [1] D. F. Gleich, A. B. Owen, "Moment-based estimation of stochastic Kronecker graph
       parameters", Internet Mathematics 8, 2012.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skrmt.graph import KroneckerGraphFeatures
    >>> cycles = [np.roll(np.eye(n), 1, 0) + np.roll(np.eye(n), -1, 0) for n in range(5, 9)]
    >>> complete = [np.ones((n, n)) for n in range(5, 9)]
    >>> model = make_pipeline(KroneckerGraphFeatures(), LogisticRegression())
    >>> model.fit(cycles + complete, [0] * 4 + [1] * 4).predict([np.ones((10, 10))])
    array([1])
    """

    _parameter_constraints: dict = {
        "initiator_size": [Interval(Integral, 2, None, closed="left")],
        "counts": ["boolean"],
        "directed": ["boolean"],
    }

    def __init__(self, initiator_size=2, *, counts=True, directed=False):
        self.initiator_size = initiator_size
        self.counts = counts
        self.directed = directed

    @fit_context()
    def fit(self, X, y=None):
        """Check the graphs; nothing is learned from them.

        Parameters
        ----------
        X : list of {array-like, sparse matrix, networkx.Graph}
            The graphs.
        y : None
            Ignored.

        Returns
        -------
        self : KroneckerGraphFeatures
            The fitted transformer.
        """
        self._read_to_fit(X)
        return self

    @fit_context()
    def fit_transform(self, X, y=None):
        """Fit an initiator to each graph; reads and checks the graphs once.

        Parameters
        ----------
        X : list of {array-like, sparse matrix, networkx.Graph}
            The graphs.
        y : None
            Ignored.

        Returns
        -------
        features : ndarray of shape (n_graphs, n_features), float64
            As of `transform`.
        """
        return self._features(self._read_to_fit(X))

    def _read_to_fit(self, X):
        n_patterns = len(SUBGRAPHS[self.directed])
        n_parameters = len(_free_entries(self.initiator_size, self.directed)[0])
        if n_parameters > n_patterns:
            kind = "directed" if self.directed else "undirected"
            raise ValueError(
                f"initiator_size={self.initiator_size}: {n_patterns} counts of {kind} graphs do "
                f"not determine the {n_parameters} entries of the initiator; take a smaller one."
            )
        graphs = read_collection(X, self.directed)
        # Parameters that are changed later wait for the next fit.
        self._fitted_as = (self.initiator_size, self.counts, self.directed)
        self._n_features_out = len(_names(*self._fitted_as))
        return graphs

    def transform(self, X):
        """Fit an initiator to each graph.

        Parameters
        ----------
        X : list of {array-like, sparse matrix, networkx.Graph}
            The graphs, of any size.

        Returns
        -------
        features : ndarray of shape (n_graphs, n_features), float64
            Entries of the initiator, then the logarithm of the number of vertices and of one plus
            each count; zeros for a graph without edges.
        """
        check_is_fitted(self)
        return self._features(read_collection(X, self._fitted_as[2]))

    def _features(self, graphs):
        size, with_counts, directed = self._fitted_as
        counts = count_subgraphs_of_many(graphs.adjacency, graphs.graph_ptr, directed)
        n_vertices = np.diff(graphs.graph_ptr)
        features = np.zeros((len(counts), self._n_features_out))
        entries = _free_entries(size, directed)
        n_parameters = len(entries[0])
        with_edges = counts[:, 0] > 0
        if with_edges.any():
            sizes, graph_size = np.unique(n_vertices[with_edges], return_inverse=True)
            levels = np.array([levels_for(int(n), size) for n in sizes])[graph_size]
            # Small graphs often have the same counts: each set is fitted once.
            sets, of_graph = np.unique(
                np.column_stack([counts[with_edges], levels]), axis=0, return_inverse=True
            )
            initiators, _ = fit_moments(
                sets[:, :-1],
                sets[:, -1].astype(np.int64),
                size,
                directed,
                n_points=_POINTS,
                n_polished=_POLISHED,
            )
            features[with_edges, :n_parameters] = initiators[of_graph][:, *entries]
        if with_counts:
            features[with_edges, n_parameters] = np.log(n_vertices[with_edges])
            features[with_edges, n_parameters + 1 :] = np.log1p(counts[with_edges])
        return features

    def get_feature_names_out(self, input_features=None):
        """Name the features.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        names : ndarray of str
            ``initiator_00``, ``initiator_01``, ..., ``log_vertices``, ``log_edges``, ...
        """
        check_is_fitted(self)
        return np.asarray(_names(*self._fitted_as), dtype=object)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_n_features_out")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = False
        tags.input_tags.sparse = True
        tags.no_validation = True
        tags.requires_fit = True
        return tags


def _free_entries(size, directed):
    """Rows and columns of the free entries of an initiator."""
    _, first = np.unique(parameter_index(size, directed), return_index=True)
    return np.divmod(first, size)


def _names(size, with_counts, directed):
    names = [f"initiator_{a}{b}" for a, b in zip(*_free_entries(size, directed), strict=True)]
    if with_counts:
        names += ["log_vertices", *(f"log_{name}" for name in SUBGRAPHS[directed])]
    return names
