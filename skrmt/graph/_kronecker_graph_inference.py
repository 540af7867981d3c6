# SPDX-License-Identifier: BSD-3-Clause
"""Parameters of a large random Kronecker graph, in time linear in its edges."""

from numbers import Integral

import numpy as np
from sklearn.utils import Bunch, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skrmt.base import SkrmtEstimator
from skrmt.graph._adjacency import FORMATS, as_matrix, check_levels_hold, pattern_of, read_adjacency
from skrmt.graph._edge_tables import mean_probability
from skrmt.graph._kronecker_sampler import random_kronecker_graph
from skrmt.graph._likelihood import check_labels, check_vertices, labelled_log_likelihood
from skrmt.graph._moment_fit import moment_loss
from skrmt.graph._solvers import SOLVERS, Problem, check_problem
from skrmt.graph._subgraph_counts import count_subgraphs
from skrmt.theory import expected_subgraph_counts, kronecker_perturbation
from skrmt.theory._kronecker_initiator import check_levels
from skrmt.utils._validation import Interval, StrOptions, fit_context

__all__ = ["KroneckerGraphInference"]


class KroneckerGraphInference(SkrmtEstimator):
    """Initiator of a random Kronecker graph, from one observed graph.

    The edges of a random Kronecker graph on ``N = m**K`` vertices are independent, with the
    probabilities ``theta (x) ... (x) theta``, K factors: an m x m initiator theta describes the
    whole graph, its degrees, its paths and its communities within communities. It is found in time
    linear in the edges, with standard errors and a test whether a model of this size fits at all.

    ============== ========== =====================================================================
    `solver`       labels     when to use it
    ============== ========== =====================================================================
    ``"moments"``  none       any graph: fits the numbers of edges, stars and triangles
    ``"mle"``      drawn      labels or link probabilities are wanted; size 3 and more; the most
                              accurate below some 30 000 vertices, "moments" beyond
    ``"counts"``   row order  rows of X are in the order of the model: most accurate and fastest
    ``"denoise"``  row order  the method of [1]_ for dense graphs: a reference, worse than "counts"
    ============== ========== =====================================================================

    Solvers that take the order of the rows as labels shrink towards a constant initiator when it is
    wrong: with a share f of the vertices shuffled, row and column effects by ``1 - f``,
    interactions by ``(1 - f)**2`` (:func:`skrmt.theory.attenuated_initiator`). The initiator does
    not show it, but `gof_pvalue_` does, as counts of subgraphs do not depend on labels.

    Parameters
    ----------
    initiator_size : int, default=2
        Side m of the initiator. 3 and more need ``solver="mle"`` (or known labels).
    n_levels : int or "auto", default="auto"
        Kronecker power K. "auto" is the least with ``m**K`` of at least the number of vertices. If
        isolated vertices were dropped from the graph, the true number can be larger.
    solver : {"moments", "mle", "counts", "denoise"}, default="moments"
        How the initiator is found, see the table.
    directed : bool or "auto", default="auto"
        Whether edges have a direction. "auto" is what a NetworkX graph says, or whether the pattern
        is asymmetric. An undirected graph has a symmetric initiator.
    n_bootstrap : int, default=40
        Graphs drawn to see how the counts scatter, for the second step of "moments", its standard
        errors, and the goodness of fit of all solvers. At least 7, directed 12; 0 for none of it.
    n_components : int or "auto", default="auto"
        "denoise": singular values that are computed; "auto" is the rank of the model,
        ``(m - 1) K + 1``.
    n_iter : int, default=30
        "mle": rounds of drawing labels and fitting the initiator.
    n_sweeps : int, default=20
        "mle": proposals of a round, for each vertex of the model.
    burn_in : int, default=300
        "mle": proposals before the first round, for each vertex of the model. From size 3 on, where
        counts do not determine a start, the initiator is fitted all along: more proposals help.
    n_posterior_samples : int, default=40
        "mle": draws of the labels that `edge_probability` averages over.
    random_state : int, RandomState instance or None, default=None
        Draws graphs, labels and the first vector of the singular values.
    verbose : int, default=0
        Print the progress.

    Attributes
    ----------
    initiator_ : ndarray of shape (m, m), float64
        Edge probabilities of one level. "moments" and "mle" know it up to one permutation of rows
        and columns together: sums of row and column descend. "counts" and "denoise" keep the order
        that the rows of X imply.
    initiator_std_ : ndarray of shape (m, m), float64
        "moments", "counts": standard errors if the model holds (see `gof_pvalue_`); 0 where it has
        no randomness, nan with "moments" for ``n_bootstrap=0``.
    mean_level_ : float
        Mean p of the initiator.
    perturbation_ : ndarray of shape (m, m), float64
        X of the linearised model, ``sqrt(N) (initiator_ - p)``.
    n_levels_ : int
        Kronecker power K.
    directed_ : bool
        Whether the graph was taken as directed.
    counts_, expected_counts_ : ndarray of shape (4,) or (9,), float64
        Numbers of subgraphs, observed and expected under the fit, in the order of
        ``skrmt.theory.SUBGRAPHS[directed_]``.
    gof_statistic_ : float
        J, the squared distance of the two in units of their scatter.
    gof_pvalue_ : float
        Probability of a J as large if the model holds; nan without a test. Below .001 "moments"
        keeps its first step, as the second one supposes the model. For the other solvers, which do
        not minimise J, all counts are tested.
    labels_ : ndarray of shape (n_vertices,), int32
        Row of the model for each vertex: a draw with "mle", its own row with the two others.
    log_likelihood_ : float
        "mle": exact log-likelihood of the graph with `labels_`.
    singular_values_ : ndarray of shape (n_components,), float64
        "denoise": leading singular values of ``(A - mean(A)) / sqrt(N)``.
    n_spikes_ : int
        "denoise": how many are beyond the edge that noise has in the limit. Some just beyond it are
        noise too, and shrunk to almost nothing.
    n_iter_ : int
        "mle": rounds done.
    n_features_in_ : int
        Number of vertices seen in `fit`.
    feature_names_in_ : ndarray of str
        Names of the columns of X, if it has such.

    Raises
    ------
    ValueError
        In `fit`: for a matrix that is not square, has nan or infinity or no edge, more vertices
        than ``m**n_levels``, ``directed=False`` and an asymmetric pattern, fewer bootstrap graphs
        than the counts need, or, with "moments", more entries than counts.

    Warns
    -----
    TheoryWarning
        "moments" with as many entries as counts (directed, size 3).

    See Also
    --------
    KroneckerGraphFeatures : The parameters of many graphs, as features.
    random_kronecker_graph : Draw a graph from an initiator.
    skrmt.theory.kronecker_spectrum : Singular values of the graph and the edge of its noise.

    Notes
    -----
    With E edges, counting takes ``O(E^1.5)`` at most, in practice little more than E, for X and for
    each bootstrap graph. "mle" takes ``N (burn_in + n_sweeps n_iter)`` proposals of the mean
    degree, "counts" ``O(E K)``, "denoise" ``O(c (E + N c))`` for c components. Memory is
    ``O(E + N)``, of "denoise" ``O(E + N c)``.

    Compiled and NumPy kernels draw the labels of "mle" by two Metropolis chains of the same law.

    References
    ----------
    .. [1] Z. Liao, Y. Xia, C. Niu, Y. Xiao, "Analysis and Approximate Inference of Large Random
       Kronecker Graphs", arXiv:2306.08489.
    .. [2] J. Leskovec, D. Chakrabarti, J. Kleinberg, C. Faloutsos, Z. Ghahramani, "Kronecker
       Graphs: An Approach to Modeling Networks", JMLR 11, 2010.
    .. [3] D. F. Gleich, A. B. Owen, "Moment-based estimation of stochastic Kronecker graph
       parameters", Internet Mathematics 8, 2012.

    Examples
    --------
    >>> from skrmt.graph import KroneckerGraphInference, random_kronecker_graph
    >>> graph = random_kronecker_graph([[0.99, 0.54], [0.54, 0.13]], 14, random_state=0)
    >>> model = KroneckerGraphInference(random_state=0).fit(graph)
    >>> model.initiator_.round(1)
    array([[1. , 0.5],
           [0.5, 0.1]])
    >>> bool(model.gof_pvalue_ > 0.001)
    True
    """

    _parameter_constraints: dict = {
        "initiator_size": [Interval(Integral, 2, None, closed="left")],
        "n_levels": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "solver": [StrOptions({"moments", "mle", "counts", "denoise"})],
        "directed": ["boolean", StrOptions({"auto"})],
        "n_bootstrap": [Interval(Integral, 0, None, closed="left")],
        "n_components": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "n_iter": [Interval(Integral, 1, None, closed="left")],
        "n_sweeps": [Interval(Integral, 1, None, closed="left")],
        "burn_in": [Interval(Integral, 0, None, closed="left")],
        "n_posterior_samples": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        initiator_size=2,
        *,
        n_levels="auto",
        solver="moments",
        directed="auto",
        n_bootstrap=40,
        n_components="auto",
        n_iter=30,
        n_sweeps=20,
        burn_in=300,
        n_posterior_samples=40,
        random_state=None,
        verbose=0,
    ):
        self.initiator_size = initiator_size
        self.n_levels = n_levels
        self.solver = solver
        self.directed = directed
        self.n_bootstrap = n_bootstrap
        self.n_components = n_components
        self.n_iter = n_iter
        self.n_sweeps = n_sweeps
        self.burn_in = burn_in
        self.n_posterior_samples = n_posterior_samples
        self.random_state = random_state
        self.verbose = verbose

    @fit_context()
    def fit(self, X, y=None):
        """Fit the initiator to a graph; weights are ignored, a nonzero entry is an edge.

        Parameters
        ----------
        X : {array-like, sparse matrix, networkx.Graph} of shape (n_vertices, n_vertices)
            Adjacency matrix. The diagonal is ignored, repeated entries of a sparse matrix add up.
        y : None
            Ignored.

        Returns
        -------
        self : KroneckerGraphInference
            The fitted estimator.
        """
        matrix, says = as_matrix(X, self.directed)
        matrix = validate_data(self, matrix, accept_sparse=FORMATS, ensure_min_samples=2)
        adjacency, directed = pattern_of(matrix, says)
        n_levels = check_levels_hold(self.n_levels, self.initiator_size, adjacency.shape[0])
        check_levels(n_levels, self.initiator_size)
        problem = Problem(
            adjacency=adjacency,
            directed=directed,
            counts=count_subgraphs(adjacency, directed),
            n_levels=n_levels,
            parameters=Bunch(**self.get_params(deep=False)),
            random_state=check_random_state(self.random_state),
        )
        check_problem(problem)
        solution = SOLVERS[self.solver](problem)
        # The solvers have attributes of their own: none of an earlier fit stays.
        for name in list(vars(self)):
            if name == "_posterior_labels" or (name.endswith("_") and not name.endswith("_in_")):
                delattr(self, name)
        self.initiator_ = solution.initiator
        for name, value in solution.attributes.items():
            setattr(self, name, value)
        self.mean_level_, self.perturbation_ = kronecker_perturbation(self.initiator_, n_levels)
        self.n_levels_, self.directed_ = n_levels, directed
        self.counts_ = problem.counts
        self.expected_counts_ = self.expected_counts()
        self.gof_statistic_, self.gof_pvalue_ = solution.statistic, solution.pvalue
        self._noise = solution.noise
        return self

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
            expected values in the units of their scatter: the log-likelihood of the counts up to a
            constant. With ``n_bootstrap=0``, or where the model has no scatter, minus the relative
            loss of the first step.
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
            Row of the model for each vertex; None for `labels_`.

        Returns
        -------
        log_likelihood : float
            The log-likelihood; -inf if an edge of probability 0 is there.
        """
        check_is_fitted(self)
        adjacency = self._read(X)
        labels = self._labels("log_likelihood") if labels is None else labels
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
                f"{method} needs the labels of the vertices, and solver={self.solver!r} does not "
                "find them: fit with solver='mle', or with 'counts' if the rows of X are in the "
                "order of the model."
            ) from None

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = True
        tags.input_tags.sparse = True
        return tags
