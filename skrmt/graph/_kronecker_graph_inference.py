# SPDX-License-Identifier: BSD-3-Clause
"""Parameters of a large random Kronecker graph, in time linear in its edges."""

from numbers import Integral

from sklearn.utils import Bunch, check_random_state
from sklearn.utils.validation import validate_data

from skrmt.base import SkrmtEstimator
from skrmt.graph._adjacency import FORMATS, as_matrix, check_levels_hold, pattern_of
from skrmt.graph._fitted_model import FittedModelMixin
from skrmt.graph._solvers import SOLVERS, Problem, check_problem
from skrmt.graph._subgraph_counts import count_subgraphs
from skrmt.theory import kronecker_perturbation
from skrmt.theory._kronecker_initiator import check_levels
from skrmt.utils._validation import Interval, StrOptions, fit_context

__all__ = ["KroneckerGraphInference"]


class KroneckerGraphInference(FittedModelMixin, SkrmtEstimator):
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
    ``"counts"``   row order  rows of X are in the order of the model: the most accurate
    ``"denoise"``  row order  the method of [1]_ for dense graphs: a reference, worse than "counts"
    ============== ========== =====================================================================

    Solvers that take the order of the rows as labels shrink towards a constant initiator when it is
    wrong: with a share f of the vertices shuffled, row and column effects by ``1 - f``,
    interactions by ``(1 - f)**2`` (:func:`skrmt.theory.attenuated_initiator`). The initiator does
    not show it, but `gof_pvalue_` does, as counts of subgraphs do not depend on labels.

    Parameters
    ----------
    initiator_size : int, default=2
        Side m of the initiator. 3 and more need ``solver="mle"`` or known labels; the counts of a
        directed graph determine 3, badly.
    n_levels : int or "auto", default="auto"
        Kronecker power K. "auto" is the least with ``m**K`` of at least the number of vertices. If
        isolated vertices were dropped from the graph, the true number can be larger.
    solver : {"moments", "mle", "counts", "denoise"}, default="moments"
        How the initiator is found, see the table.
    directed : bool or "auto", default="auto"
        Whether edges have a direction; "auto" is what a NetworkX graph says, or whether the pattern
        is asymmetric. An undirected graph has a symmetric initiator.
    n_bootstrap : int, default=40
        Graphs drawn to see how the counts scatter, for the second step of "moments", its standard
        errors, and the goodness of fit of all solvers. At least 7, directed 12; 0 for none of it.
    n_components : int or "auto", default="auto"
        "denoise": singular values that are computed, at most N; "auto" is the rank of the model,
        ``(m - 1) K + 1``.
    n_iter : int, default=30
        "mle": rounds of drawing labels and fitting the initiator.
    n_sweeps : int, default=20
        "mle": proposals of a round, for each vertex of the model.
    burn_in : int, default=300
        "mle": proposals before the first round, for each vertex of the model. From size 3 on, where
        counts do not determine a start, the initiator is fitted all along: more proposals help.
    n_posterior_samples : int, default=40
        "mle": draws of the labels that `edge_probability` averages over, kept as an int32 array of
        so many rows and a column for each vertex; 5 proposals for each vertex apart.
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
        J, the squared distance of the two in units of their scatter; with "moments" at the second
        step, also if the first one is kept.
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
        "moments": as many entries as counts (directed, size 3), or another initiator, far from this
        one, explains the counts as well; `initiator_std_` then reaches to it.
    ConvergenceWarning
        "denoise": singular values that did not converge.

    See Also
    --------
    KroneckerGraphFeatures : The parameters of many graphs, as features.
    random_kronecker_graph : Draw a graph from an initiator.
    skrmt.theory.kronecker_spectrum : Singular values of the graph and the edge of its noise.

    Notes
    -----
    With E edges, counting takes ``O(E^1.5)`` at most, in practice little more than E, for X and for
    each bootstrap graph. "mle" takes ``N (burn_in + n_sweeps (n_iter + 1) + 5
    n_posterior_samples)`` proposals of the mean degree, "counts" ``O(E K)``, "denoise"
    ``O(c (E + N c))`` for c components, K + 1 by default, times the products with A that one takes
    (5 to 7, more where N is large). Memory is ``O(E + N)``, of "denoise" ``O(E + N c)``.

    Rows of a NetworkX graph are its nodes in the order ``list(graph)``. One graph cannot be split
    into rows that train and rows that test: there is no cross-validation of a fit.

    "mle" starts with the labels in the order of degrees. Where rows of the initiator have alike
    sums, and from size 3 on, it can stay far from the maximum: compare `log_likelihood_` over some
    `random_state`, and the initiator with that of "moments". Compiled and NumPy kernels draw the
    labels by two Metropolis chains of the same law; that of NumPy needs more proposals.

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

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = True
        tags.input_tags.sparse = True
        return tags
