# SPDX-License-Identifier: BSD-3-Clause
"""Principal component analysis that finds its rank, and tells how far to trust each component."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from skrmt.base import SkrmtEstimator
from skrmt.decomposition._centred_matrix import FLOATS, centred_in_units
from skrmt.decomposition._component_fit import fit_components
from skrmt.decomposition._fitted_components import FittedComponents
from skrmt.decomposition._rank_rules import RULES
from skrmt.decomposition._singular_spectrum import SOLVERS
from skrmt.exceptions import TheoryWarning
from skrmt.utils._user_warning import warn_user
from skrmt.utils._validation import Interval, StrOptions, fit_context

# Components are not few above this number and this share of the dimensions.
_FEW, _MANY = 4, 0.25


class RMTPCA(SkrmtEstimator, FittedComponents):
    r"""PCA that finds its rank and says how far each component can be trusted.

    Takes the place of :class:`sklearn.decomposition.PCA`, with the same attributes and methods.
    Where features are not few against samples, noise alone makes large components, variances come
    out too large, and axes lie at an angle to the true ones, all by amounts that theory gives in
    closed form. So the number of components is found without a guess, and each comes with its
    p-value, its variance in the population, and its cosine with the true axis.

    Parameters
    ----------
    n_components : {"auto", "signflip", "kn", "gavish-donoho"} or int, default="auto"
        How many components to keep, or the rule that finds out:

        - "auto": those above the `level` quantile of the largest singular value of noise with
          independent entries of variance ``a_i b_j``, by the law of such noise; the variances of
          rows and columns are taken from what the strong components leave. Where tails are too
          heavy for the law, components must pass "signflip" too. [Ours.]
        - "signflip": the same with the quantile over `n_flips` random flips of the signs of all
          entries [1]_, for any noise with independent symmetric entries. Many times slower than
          "auto". Of sparse X the stored entries are flipped.
        - "kn": a sequence of tests at level `alpha` for noise of one variance [2]_. The sharpest
          rule for such noise; with unequal variances or heavy tails it finds far too many.
        - "gavish-donoho": the threshold that denoises best in noise of one variance [3]_ by
          keeping singular values as they are. A rule for reconstruction, not for rank: it leaves
          out real components that are weak.
        - int: that many. What is said of them and of the noise still rests on the number that
          "auto" finds; components left out count with the noise in the covariance.

        Variance along a single feature, or within a single sample, is noise to "auto" and
        "signflip": of data with independent columns they find nothing. With fewer than 20 features
        or so, or with components along half of all directions, they may find too few; see "kn".
        Without any component the transform has no columns, which an estimator behind it in a
        pipeline refuses; take a number there if that may be.

    noise : {"auto", "white", "general"}, default="auto"
        What the noise is taken for once the rank is known. "white" has one variance, and closed
        forms; "general" reads its effect from the singular values that are left [4]_, all of which
        it computes. "auto" takes "general" if the variances of rows or of columns differ
        significantly.

    level : float, default=0.95
        Quantile of the noise for "auto" and "signflip": in noise of one variance a component is
        found with probability ``1 - level``, with less by "auto" in noise of unequal variances or
        where features are few.

    alpha : float, default=0.005
        Level of each test of "kn".

    n_flips : int, default=20
        How often signs are drawn, in each of a few rounds.

    max_components : int, default=None
        Largest number of components that a rule may find; None is no bound. A number given as
        `n_components` is not bounded.

    whiten : bool, default=False
        Whether to divide scores by their standard deviation in the training data.

    svd_solver : {"auto", "full", "covariance_eigh", "arpack"}, default="auto"
        "full": singular value decomposition of the centred data. "covariance_eigh":
        eigendecomposition of the products of the features or of the samples, whichever are fewer;
        several times faster, half of the digits. "arpack": only the leading components, by a
        Lanczos method. "auto": "covariance_eigh" for small or "arpack" for large problems, and
        "full" where squaring would lose digits that are needed.

    random_state : int, RandomState instance or None, default=None
        Draws the flips, which "auto", "gavish-donoho" and numbers need too where tails are heavy,
        and the start of "arpack".

    Attributes
    ----------
    components_ : ndarray of shape (`n_components_`, n_features)
        Sample axes as orthonormal rows, by descending variance; the entry of largest modulus is
        positive.
    explained_variance_ : ndarray of shape (`n_components_`,)
        Variance of the training data along each.
    explained_variance_ratio_ : ndarray of shape (`n_components_`,)
        Its share of the total variance.
    singular_values_ : ndarray of shape (`n_components_`,)
        Singular values of the centred data.
    mean_ : ndarray of shape (n_features,)
        Mean of the training data.
    n_components_ : int
        Number of components.
    noise_variance_ : float
        Mean variance of the noise of a feature that is not constant: of all that the signal does
        not explain, without the bias of a mean over the eigenvalues that are left.
    population_variance_ : ndarray of shape (`n_components_`,)
        Variance of the population, signal and noise, along each true axis; that of the noise for a
        component that cannot be told from it.
    cosines_ : ndarray of shape (`n_components_`,)
        Cosine of the angle between the sample axis and the true one, not negative; 0 for a
        component that cannot be told from noise.
    pvalues_ : ndarray of shape (`n_components_`,) and dtype float64
        Probability that the noise makes a singular value as large. After "kn" that of its tests,
        after "signflip" that of a law with the mean and the variance of the flips.
    score_shrinkage_ : ndarray of shape (`n_components_`,)
        Standard deviation of the scores of new samples, relative to those of the training data. A
        model trained on scores meets this shift; multiply training scores by it where that
        matters.
    denoise_weights_ : ndarray of shape (`n_components_`,)
        Weights of the scores in :meth:`denoise`, for new samples.
    fit_denoise_weights_ : ndarray of shape (`n_components_`,)
        Weights of the scores in :meth:`fit_denoise`, for the training data; smaller.
    predicted_denoise_error_, predicted_fit_denoise_error_ : float
        Mean squared error of an entry after :meth:`denoise` of new samples, and after
        :meth:`fit_denoise`, as estimates of the mean and the signal. Of the components that were
        found: those lost in the noise add their variance.
    rank_rule_ : {"law", "signflip", "kn", "gavish-donoho", "given"}
        The rule that decided; "law" and "signflip" after "auto".
    noise_model_ : {"white", "general", "none"}
        What the noise was taken for; "none" where the data have none.
    n_samples_ : int
        Number of training samples.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if all are strings.

    Raises
    ------
    ValueError
        With fewer than 3 samples or 2 features; if `n_components` is above the smaller of both; if
        a solver cannot do what is asked for; if squares of X over- or underflow; if X is sparse
        with means so large that centring loses digits.

    Warns
    -----
    skrmt.exceptions.TheoryWarning
        If no component stands out, so that scores have no columns; if more components than
        `max_components` stand out; if "kn" finds more than a quarter of all directions.

    See Also
    --------
    sklearn.decomposition.PCA : Components as the sample has them.
    skrmt.covariance.SpikedCovariance : Covariance of components in noise of one variance.
    skrmt.covariance.AnalyticalShrinkage : Covariance where no few components stand out.

    Notes
    -----
    O(n p min(n, p)) time; "arpack" takes one product of the data with itself, and O(min(n, p)^2)
    for each step. "auto" adds two passes over the data, "signflip" some ``30 n_flips`` a round.
    Memory for a square matrix of the smaller side and two copies of dense X; none of sparse X.

    :meth:`get_covariance` and the likelihood of :meth:`score` use the variances along the sample
    axes that suit the population best, ``noise_variance_`` plus ``cosines_**2`` times the signal,
    where PCA uses those of the sample.

    The formulas are limits for many samples and features. In simulations with 100 and more of both
    cosines and predicted errors were right to 5 %; with 30 samples ``cosines_**2`` came out up to
    0.1 too high and the errors 10 % too small.

    p-values hold for each component given that those before it are real.

    References
    ----------
    .. [1] D. Hong, Y. Sheng, E. Dobriban, "Selecting the number of components in PCA via random
       signflips", 2020, arXiv:2012.02985; with strong components taken out first.
    .. [2] S. Kritchman, B. Nadler, "Determining the number of components in a factor model from
       limited noisy data", Chemometrics and Intelligent Laboratory Systems 94, 2008.
    .. [3] M. Gavish, D. Donoho, "The optimal hard threshold for singular values is 4/sqrt(3)",
       IEEE Transactions on Information Theory 60, 2014.
    .. [4] R. R. Nadakuditi, "OptShrink: an algorithm for improved low-rank signal matrix denoising
       by optimal, data-driven singular value shrinkage", IEEE Transactions on Information Theory
       60, 2014.
    .. [5] D. Paul, "Asymptotics of sample eigenstructure for a large dimensional spiked covariance
       model", Statistica Sinica 17, 2007.

    Examples
    --------
    >>> from skrmt.datasets import make_spiked_covariance
    >>> from skrmt.decomposition import RMTPCA
    >>> sample = make_spiked_covariance(300, 200, spikes=[9.0, 4.0], random_state=0)
    >>> pca = RMTPCA().fit(sample.data)
    >>> pca.n_components_, sample.eigenvalues
    (2, array([10.,  5.]))
    >>> pca.explained_variance_.round(1), pca.population_variance_.round(1)
    (array([10.3,  6.1]), array([9.5, 5.3]))
    >>> true_cosines = abs((pca.components_ * sample.components).sum(axis=1))
    >>> pca.cosines_.round(2), true_cosines.round(2)
    (array([0.96, 0.91]), array([0.97, 0.92]))
    """

    _parameter_constraints: dict = {
        "n_components": [StrOptions(set(RULES)), Interval(Integral, 0, None, closed="left")],
        "noise": [StrOptions({"auto", "white", "general"})],
        "level": [Interval(Real, 0, 1, closed="neither")],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "n_flips": [Interval(Integral, 2, None, closed="left")],
        "max_components": [Interval(Integral, 1, None, closed="left"), None],
        "whiten": ["boolean"],
        "svd_solver": [StrOptions(set(SOLVERS))],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_components="auto",
        *,
        noise="auto",
        level=0.95,
        alpha=0.005,
        n_flips=20,
        max_components=None,
        whiten=False,
        svd_solver="auto",
        random_state=None,
    ):
        self.n_components = n_components
        self.noise = noise
        self.level = level
        self.alpha = alpha
        self.n_flips = n_flips
        self.max_components = max_components
        self.whiten = whiten
        self.svd_solver = svd_solver
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Find the components.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data; float32 stays float32.
        y : None
            Ignored.

        Returns
        -------
        self : RMTPCA
            The fitted estimator.
        """
        self._fit_components(X)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None):
        """Find the components and return the scores of the training data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        y : None
            Ignored.

        Returns
        -------
        scores : ndarray of shape (n_samples, `n_components_`)
            Coordinates along the sample axes; no columns if no component stands out.
        """
        matrix, unit = self._fit_components(X)
        scores = matrix.dot(self.components_.T) * matrix.dtype.type(unit)
        if self.whiten:
            # As `transform` does it: a variance of zero is not divided by.
            eps = np.finfo(scores.dtype).eps
            scores /= np.maximum(np.sqrt(self.explained_variance_), eps)
        return scores

    @fit_context(prefer_skip_nested_validation=True)
    def fit_denoise(self, X, y=None):
        """Find the components and return the training data without their noise.

        The weights are the best for data that the components were found with (M. Gavish, D. Donoho,
        "Optimal shrinkage of singular values", IEEE Transactions on Information Theory 63, 2017).

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        y : None
            Ignored.

        Returns
        -------
        denoised : ndarray of shape (n_samples, n_features)
            Estimate of the signal, dense.

        Notes
        -----
        Not the same as ``fit(X).denoise(X)``: axes are turned towards the samples that they were
        found with, and their scores are too large.
        """
        matrix, unit = self._fit_components(X)
        weights = self.fit_denoise_weights_ * matrix.dtype.type(unit)
        scores = matrix.dot(self.components_.T) * weights
        return scores @ self.components_ + self.mean_

    def _fit_components(self, X):
        X = validate_data(
            self,
            X,
            dtype=FLOATS,
            accept_sparse=("csr", "csc"),
            ensure_min_samples=3,
            ensure_min_features=2,
        )
        matrix, unit = centred_in_units(X)
        found = fit_components(
            matrix,
            n_components=self.n_components,
            noise=self.noise,
            level=self.level,
            alpha=self.alpha,
            n_flips=self.n_flips,
            max_components=self.max_components,
            svd_solver=self.svd_solver,
            rng=check_random_state(self.random_state),
        )
        self._warn(found, min(X.shape))
        self._store(matrix, found, unit)
        return matrix, unit

    def _warn(self, found, smaller):
        """Tell what a rule found, where that needs a decision."""
        if found.rule == "given":
            return
        if len(found.singular_values) == 0:
            warn_user(
                "No component stands out of the noise: the transform of X has no columns. Set "
                "n_components to a number to keep components all the same.",
                TheoryWarning,
            )
        if found.rule == "kn" and found.n_signal > max(_FEW, _MANY * smaller):
            warn_user(
                f"{found.n_signal} components pass the tests of n_components='kn', many for the "
                "size of the data: either there are so many, or the noise does not have one "
                "variance, as the tests take for granted. Compare n_components='auto'.",
                TheoryWarning,
            )
        if self.max_components is not None and found.n_signal > self.max_components:
            warn_user(
                f"At least {found.n_signal} components stand out of the noise, more than "
                f"max_components={self.max_components}, which are kept. Raise it to keep all.",
                TheoryWarning,
            )

    def _store(self, matrix, found, unit):
        n, p = matrix.shape
        model, s = found.model, found.singular_values.astype(np.float64)
        variances, dtype = s**2 / (n - 1), matrix.dtype.type
        total = matrix.total_square / (n - 1)
        squared = unit**2
        self.mean_ = matrix.mean * dtype(unit)
        self.n_samples_ = n
        self.n_components_ = len(s)
        self.components_ = found.axes
        self.singular_values_ = (s * unit).astype(dtype)
        self.explained_variance_ = (variances * squared).astype(dtype)
        # Data without any variance have no shares of it.
        self.explained_variance_ratio_ = (variances / (total or 1.0)).astype(dtype)
        self.noise_variance_ = model.noise_variance * squared
        self._signal_along = model.signal_variance * model.squared_cosines * squared
        self._left_out_variance = model.left_out * squared
        self.population_variance_ = (model.population_variance * squared).astype(dtype)
        self.cosines_ = np.sqrt(model.squared_cosines).astype(dtype)
        self.pvalues_ = found.pvalues
        # Along directions without variance a new sample has none either.
        rounding = (np.finfo(dtype).eps * (n + p)) ** 2 * variances.max(initial=0.0)
        shift = np.ones_like(s)
        np.divide(model.new_score_variance, variances, out=shift, where=variances > rounding)
        self.score_shrinkage_ = np.sqrt(shift).astype(dtype)
        self.denoise_weights_ = model.new_sample_weights.astype(dtype)
        self.fit_denoise_weights_ = model.training_weights.astype(dtype)
        self.predicted_denoise_error_ = model.new_sample_error(n, matrix.n_varying) / p * squared
        self.predicted_fit_denoise_error_ = model.training_error(n, matrix.n_varying) / p * squared
        self.noise_model_ = found.noise_model
        self.rank_rule_ = found.rule

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.array_api_support = False
        tags.input_tags.sparse = self.svd_solver != "full"
        return tags
