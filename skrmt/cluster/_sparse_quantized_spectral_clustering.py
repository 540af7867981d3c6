# SPDX-License-Identifier: BSD-3-Clause
"""Spectral clustering without the n x n float matrix."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin
from sklearn.utils import Bunch, check_random_state, gen_batches
from sklearn.utils.validation import check_is_fitted, validate_data

from skrmt.base import SkrmtEstimator
from skrmt.cluster._data_rows import fit_rows
from skrmt.cluster._given_similarities import fit_given
from skrmt.cluster._plan import plan_fit
from skrmt.cluster._sizes import check_sizes
from skrmt.cluster._tiles import SIDE
from skrmt.utils._validation import Interval, StrOptions, fit_context

__all__ = ["SparseQuantizedSpectralClustering"]

# New rows that are embedded at once.
_BATCH = 8 * SIDE


class SparseQuantizedSpectralClustering(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, SkrmtEstimator
):
    """Spectral clustering with a quantised or sparse affinity in place of the n x n float matrix.

    The Gram matrix is computed tile by tile, each entry turned into a few bits or dropped, and the
    leading eigenvectors are taken of what is stored. It clusters new rows, and where the theory
    applies it counts the clusters and predicts the error, from the spectrum alone.

    *Signed* mode (the papers') serves weak signal in many noisy features: an odd function of the
    centred inner products, whose spectrum is known. *Similarity* mode (ours) serves images, text,
    tables and manifolds: each row is linked to its most similar ones, and the normalised graph is
    cut. ``affinity="auto"`` looks at sampled cosines: signed if they have 50 effective dimensions
    and no preferred sign, similarity otherwise; see `affinity_mode_`.

    Parameters
    ----------
    n_clusters : int or "auto", default=8
        Number of clusters. "auto" counts the eigenvalues beyond the edge of the noise (signed mode
        only): it is one more than those with a p-value below .01.
    affinity : {"auto", "signed", "similarity", "precomputed"}, default="auto"
        The mode; "precomputed" takes X as similarities: signed if any is negative, similarity
        otherwise. A dense matrix is quantised or linked as the Gram matrix is, a sparse one is used
        as it is.
    metric : {"euclidean", "cosine"}, default="euclidean"
        Similarity mode: what makes rows similar. "cosine" suits images, text and embeddings.
    n_neighbors : int, default=25
        Similarity mode: mean number of links above the common threshold, approximately, as that is
        set from a sample; at most a third of ``n_samples / n_clusters``.
    min_neighbors : int, default=5
        Similarity mode: a row with fewer such links is linked to as many of its most similar rows.
        Doubled, up to 16 times its value, while the graph has more components than clusters.
    kernel : {"auto", "sign", "ternary", "quantized", "sparse"}, default="auto"
        Signed mode: the function of an entry. "sign" keeps one bit, "quantized" the Lloyd-Max
        levels of `n_bits`, "ternary" the signs of the largest entries, "sparse" their values.
        "auto" is ternary for a number as `density`, the smallest that costs at most .01 of error
        for ``density="auto"``, and otherwise the most accurate of at most `n_bits` that fits
        `memory_limit`: see `plan` and `kappa_` for its price.
    density : float, "auto" or None, default=None
        Signed mode: fraction of the off-diagonal entries that ternary and sparse keep, in (0, 1];
        the others keep all. "auto" takes the least that costs .01 of error, by the strength of the
        clusters in a pilot fit of 2000 rows. None is .54, the best ternary map, and .1 for sparse,
        or what fits `memory_limit`.
    n_bits : {1, 2}, default=2
        Signed mode: bits of the quantized kernel, and the most that "auto" takes; 1 is the sign.
    memory_limit : int, default=None
        Signed mode: bytes of the stored affinity. None bounds kernel "auto" at 128 MiB, and no
        other.
    whiten : bool, default=True
        Signed mode: bring the columns of the embedding to noise of variance 1, so that weak ones
        do not hide in the noise of others.
    center : bool, default=True
        Subtract the mean of the rows.
    normalize : bool, default=True
        Signed mode: give rows unit norm. The sign kernel does not see norms, and always does.
    n_components : int, default=None
        Columns of the embedding. None is ``n_clusters - 1`` in signed mode, `n_clusters` in
        similarity mode; not used with ``n_clusters="auto"``.
    assign_labels : {"kmeans", "cluster_qr", "discretize"}, default="kmeans"
        How labels are found, as in :class:`sklearn.cluster.SpectralClustering`: k-means in the
        embedding, or the other two on `n_clusters` vectors, whatever `n_components` and `whiten`.
    n_init : int or "auto", default=10
        Starts of k-means.
    tol : float, default=1e-3
        Relative accuracy of the eigenvalues, in similarity mode of about one less the eigenvalues;
        0 for that of float32.
    max_iter : int, default=None
        Restarts of the Lanczos method; None for ten times the number of rows.
    store_data : bool, default=True
        Keep the rows, in float32, for `predict` and `transform`.
    n_jobs : int, default=None
        Threads that work on the tiles; the result is the same for any.
    random_state : int, RandomState instance or None, default=None
        Draws the sampled rows, the first vector of the Lanczos method and the starts of k-means.

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,), int32
        Cluster of each row, numbered in the order in which they appear.
    embedding_ : ndarray of shape (n_samples, n_components)
        Coordinates of the rows, in the dtype of X: ``sqrt(n)`` times the eigenvectors, whitened, in
        signed mode; eigenvectors of the normalised graph with rows of unit norm in similarity mode.
    cluster_centers_embedding_ : ndarray of shape (n_found, n_components)
        Mean of the coordinates over each cluster.
    eigenvalues_ : ndarray of float64
        Leading eigenvalues that were computed, descending: in signed mode of `affinity_`, in
        similarity mode of the normalised graph.
    affinity_ : PackedAffinity, SparseAffinity or GraphAffinity
        The stored matrix: `shape`, `nbytes`, `density`, `matmat(V)`, `toarray()`.
    affinity_mode_ : {"signed", "similarity"}
        The mode.
    n_clusters_ : int
        Number of clusters found.
    density_ : float
        Fraction of the off-diagonal entries of the affinity that are not zero.
    threshold_ : float
        Signed mode: size of the cosine (inner product) at which an entry is dropped or changes
        level, 0 for none. Similarity mode: cosine, or ``-d^2 / 2`` for the distance d, above which
        any two rows are linked.
    effective_dim_ : float
        Signed mode: dimension p of the noise, one over the mean square that the cosines have
        without the clusters.
    kappa_ : float
        Signed mode: price of the kernel, ``nu / a1^2``, over all pairs; 1 for the Gram matrix.
    efficiency_ : float
        Signed mode: ``1 / kappa_``.
    bulk_edge_ : float
        Signed mode: upper edge of the eigenvalues of noise.
    pvalues_ : ndarray of float64
        Signed mode: for each eigenvalue, a bound of the probability that noise has one as large.
    snr_ : ndarray of float64
        Signed mode: estimated strength behind each eigenvalue, for two clusters
        ``pi_1 pi_2 |mu_1 - mu_2|^2`` in units of the noise; 0 where the p-value is above .01.
    alignment_ : ndarray of float64
        Signed mode: estimated squared cosine of each eigenvector with the indicators.
    expected_error_ : float
        Signed mode: predicted share of wrong labels.
    degree_ : float
        Mean number of entries in a row of the affinity.
    n_connected_components_ : int
        Similarity mode: connected components of the graph.
    n_iter_ : int
        Products with the affinity; 1 where none was needed.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : ndarray of str
        Names of the features, if X has such.

    Raises
    ------
    ValueError
        In `fit`: for a parameter outside its range, more clusters than rows, data without
        variation, a `memory_limit` that keeps fewer than ten entries per row, and
        ``n_clusters="auto"`` in similarity mode or with fewer than 100 entries per row.

    Warns
    -----
    TheoryWarning
        The clusters are below the phase transition, fewer of them stand out than asked for, or the
        data are not what the theory supposes: few dimensions, unequal norms, few entries of
        skewed similarities, clusters too strong to be counted.
    ConvergenceWarning
        The eigenvectors did not converge, the graph has more components than clusters, or fewer
        clusters were found than asked for.

    See Also
    --------
    sklearn.cluster.SpectralClustering : Dense kernels, or nearest neighbours; no `predict`.
    skrmt.theory.density_for_tolerance : The density that costs a given error.
    skrmt.theory.misclassification_rate : Error for a strength, a shape of the data and a kernel.

    Notes
    -----
    ``n^2 p`` operations, in similarity mode a quarter more, in blocks of 1024 x 1024 float32.
    Memory: the rows in float32 (not for a memory-mapped X of floats, which is read in blocks and
    has to stay in place for `predict`), the affinity (``n^2/8`` bytes for sign, ``n^2/4`` for two
    bits, ``2 density n^2`` for ternary entries, ``8 n (n_neighbors + min_neighbors)`` at most for
    a graph), and 4 MB per tile. Up to 600 rows the matrix is written out for its eigenvectors,
    3 MB. Whatever the dtype of X, `fit` computes in float32, in float64 where distances are too
    small beside the norms; sparse X is never made dense.

    Predictions hold for rows that are noise with equal variances plus class means: scale features
    first (:class:`sklearn.preprocessing.StandardScaler`), keep `center` and `normalize`. Where
    noise is correlated between features, as in images, set ``affinity="similarity"``.
    `expected_error_` is that of k-means with the proportions found; it is too small where one
    cluster has a few per cent of the rows.

    References
    ----------
    .. [1] Z. Liao, R. Couillet, M. W. Mahoney, "Sparse Quantized Spectral Clustering", ICLR 2021,
       arXiv:2010.01376.
    .. [2] Z. Liao, R. Couillet, "Inner-product Kernels are Asymptotically Equivalent to Binary
       Discrete Kernels", arXiv:1909.06788.
    .. [3] R. Couillet, Z. Liao, "Random Matrix Methods for Machine Learning", Cambridge University
       Press, 2022, sections 4.3 and 4.6.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.cluster import SparseQuantizedSpectralClustering
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((1000, 500))
    >>> X[:500, :9] += 1.0
    >>> clustering = SparseQuantizedSpectralClustering("auto", random_state=0).fit(X)
    >>> clustering.n_clusters_, clustering.affinity_.nbytes
    (2, 250000)
    >>> error = np.mean(clustering.labels_ != np.repeat([0, 1], 500))
    >>> bool(abs(error - clustering.expected_error_) < 0.03)
    True
    """

    _parameter_constraints: dict = {
        "n_clusters": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "affinity": [StrOptions({"auto", "signed", "similarity", "precomputed"})],
        "metric": [StrOptions({"euclidean", "cosine"})],
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "min_neighbors": [Interval(Integral, 1, None, closed="left")],
        "kernel": [StrOptions({"auto", "sign", "ternary", "quantized", "sparse"})],
        "density": [Interval(Real, 0, 1, closed="right"), StrOptions({"auto"}), None],
        "n_bits": [Interval(Integral, 1, 2, closed="both")],
        "memory_limit": [Interval(Integral, 1, None, closed="left"), None],
        "whiten": ["boolean"],
        "center": ["boolean"],
        "normalize": ["boolean"],
        "n_components": [Interval(Integral, 1, None, closed="left"), None],
        "assign_labels": [StrOptions({"kmeans", "cluster_qr", "discretize"})],
        "n_init": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left"), None],
        "store_data": ["boolean"],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_clusters=8,
        *,
        affinity="auto",
        metric="euclidean",
        n_neighbors=25,
        min_neighbors=5,
        kernel="auto",
        density=None,
        n_bits=2,
        memory_limit=None,
        whiten=True,
        center=True,
        normalize=True,
        n_components=None,
        assign_labels="kmeans",
        n_init=10,
        tol=1e-3,
        max_iter=None,
        store_data=True,
        n_jobs=None,
        random_state=None,
    ):
        self.n_clusters = n_clusters
        self.affinity = affinity
        self.metric = metric
        self.n_neighbors = n_neighbors
        self.min_neighbors = min_neighbors
        self.kernel = kernel
        self.density = density
        self.n_bits = n_bits
        self.memory_limit = memory_limit
        self.whiten = whiten
        self.center = center
        self.normalize = normalize
        self.n_components = n_components
        self.assign_labels = assign_labels
        self.n_init = n_init
        self.tol = tol
        self.max_iter = max_iter
        self.store_data = store_data
        self.n_jobs = n_jobs
        self.random_state = random_state

    @fit_context()
    def fit(self, X, y=None):
        """Cluster the rows of X.

        Parameters
        ----------
        X : {array-like, sparse matrix, memmap} of shape (n_samples, n_features)
            The rows; similarities of shape (n_samples, n_samples) with ``affinity="precomputed"``.
        y : None
            Ignored.

        Returns
        -------
        self : SparseQuantizedSpectralClustering
            The fitted estimator.
        """
        given, X = X, self._validated(X, reset=True, ensure_min_samples=2)
        # A file that needs no conversion is read when a tile asks for it, not copied.
        mapped = isinstance(given, np.memmap) and np.may_share_memory(given, X)
        parameters = Bunch(**self.get_params(deep=False))
        check_sizes(parameters, X.shape[0])
        random_state = check_random_state(self.random_state)
        if self.affinity == "precomputed":
            source, embedding, attributes = fit_given(X, parameters, random_state)
        else:
            source, embedding, attributes = fit_rows(X, parameters, random_state, mapped=mapped)
        self._source, self._embedding = source, embedding
        # The modes have attributes of their own: none of an earlier fit stays.
        for name in list(vars(self)):
            if name.endswith("_") and not name.endswith("_in_"):
                delattr(self, name)
        for name, value in attributes.items():
            setattr(self, name, value)
        self.embedding_ = self.embedding_.astype(X.dtype, copy=False)
        self.cluster_centers_embedding_ = self.cluster_centers_embedding_.astype(X.dtype)
        self.density_ = self.affinity_.density
        self._n_features_out = self.embedding_.shape[1]
        return self

    def transform(self, X):
        """Continue the embedding to new rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, memmap} of shape (n_rows, n_features)
            New rows; their similarities with the training rows, of shape (n_rows, n_samples), with
            ``affinity="precomputed"``.

        Returns
        -------
        embedding : ndarray of shape (n_rows, n_components)
            Their coordinates. A training row is now compared with itself too, and in similarity
            mode one-sided, so that its coordinates are near those in `embedding_`, farther for
            the ternary and sparse kernels at low density.
        """
        check_is_fitted(self)
        X = self._validated(X, reset=False)
        training = self._source.training
        parts = [self._embedding.of_rows(rows, training, self.n_jobs) for rows in self._batches(X)]
        return np.concatenate(parts).astype(X.dtype, copy=False)

    def predict(self, X):
        """Assign new rows to the clusters.

        Parameters
        ----------
        X : {array-like, sparse matrix, memmap} of shape (n_rows, n_features)
            New rows; their similarities with the training rows, of shape (n_rows, n_samples), with
            ``affinity="precomputed"``.

        Returns
        -------
        labels : ndarray of shape (n_rows,), int32
            The cluster with the nearest centre in the embedding.
        """
        check_is_fitted(self)
        X = self._validated(X, reset=False)
        fitted = (self._source.training, self.cluster_centers_embedding_, self.labels_)
        parts = [self._embedding.assign(rows, *fitted, self.n_jobs) for rows in self._batches(X)]
        return np.concatenate(parts).astype(np.int32, copy=False)

    def plan(self, n_samples, n_features):
        """Predict memory, operations and accuracy of a fit, without data.

        Parameters
        ----------
        n_samples, n_features : int
            Shape of the data.

        Returns
        -------
        plan : dict
            `affinity` (the mode; "auto" is taken for signed from 50 features on), `density`,
            `bytes` of the affinity, `peak_bytes` beside X, `flops`; in signed mode `kernel`, its
            `kappa`, and `gamma`, the strength that clusters need to be seen, for noise of equal
            variances. ``density="auto"`` is planned as None.
        """
        self._validate_params()
        return plan_fit(n_samples, n_features, Bunch(**self.get_params(deep=False)))

    def _batches(self, X):
        """Prepare new rows, some at a time."""
        for batch in gen_batches(X.shape[0], _BATCH):
            yield self._source.rows(X[batch])

    def _validated(self, X, *, reset, **settings):
        return validate_data(
            self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=reset, **settings
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.pairwise = self.affinity == "precomputed"
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
