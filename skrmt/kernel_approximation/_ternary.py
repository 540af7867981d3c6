# SPDX-License-Identifier: BSD-3-Clause
"""Ternary random features: a kernel approximation in two bits a feature."""

import math
from numbers import Integral, Real

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skrmt.base import SkrmtEstimator
from skrmt.kernel_approximation._row_moments import row_moments
from skrmt.kernel_approximation._ternary_limit import warn_far_from_limit
from skrmt.kernel_approximation._ternary_projection import draw_projection
from skrmt.kernel_approximation._ternary_rule import phase_rule, threshold_rule
from skrmt.kernel_approximation._ternary_transform import n_words, ternary_transform
from skrmt.theory import (
    ACTIVATIONS,
    KERNELS,
    PHASE_SCALE,
    Activation,
    InnerProductKernel,
    RadialKernel,
    kernel_moments,
    kernel_standard_error,
    phase_moments,
    phase_standard_error,
    ridge_shift,
    solve_ternary,
)
from skrmt.utils._validation import Interval, RealNotInt, StrOptions, fit_context

__all__ = ["TernaryRandomFeatures"]


class TernaryRandomFeatures(ClassNamePrefixFeaturesOutMixin, TransformerMixin, SkrmtEstimator):
    r"""Approximate a kernel by random features with three values.

    A feature is a random projection of a row, cut at two thresholds: -1, 0 or 1 (times a common
    factor). Random matrix theory tells which thresholds give the inner products of the features
    the limit of a given kernel when rows and inputs are both many, so that nothing is lost against
    floating-point random features but most of the memory and time: a feature takes 2 bits with
    ``dtype="packed"``, and its projection a few additions.

    The estimator can replace :class:`sklearn.kernel_approximation.RBFSampler`: by default the
    output has the float dtype of the input, scaled so that ``Z @ Z.T`` approximates the kernel.

    Parameters
    ----------
    n_components : int, default=1024
        Number of features, *N*. The standard error of a kernel entry falls as
        ``1 / sqrt(n_components)`` (see `predicted_standard_error_`).

    kernel : str, RadialKernel, InnerProductKernel, Activation or callable, default="rbf"
        Target kernel.

        - "rbf": ``exp(-gamma ||x - y||^2)``; "exponential", "matern32", "matern52",
          "rational_quadratic", "polynomial_kernel": see :func:`skrmt.theory.kernel_moments`;
        - an activation: "relu", "leaky_relu", "abs", "sign", "step", "polynomial", "cos", "sin",
          "erf", "exp", "tanh", "sigmoid", "gelu" (see :func:`skrmt.theory.activation_moments`),
          or any callable: the kernel ``E sigma(w.x) sigma(w.y)`` of random features with
          standard normal weights;
        - :class:`skrmt.theory.RadialKernel`, :class:`skrmt.theory.InnerProductKernel`,
          :class:`skrmt.theory.Activation`: any function, with its derivatives or breakpoints.

    gamma : float, "unit" or "scale", default="unit"
        Inverse squared length of a named kernel; activations ignore it. With `tau_` the mean
        squared distance of a row to the mean row, "unit" is ``1 / (2 tau_)``. "scale" is
        ``1 / (n_features * X.var())``, the meaning of scikit-learn. A large value makes every row
        similar to itself only, a small one makes the kernel linear.

    kernel_params : dict, default=None
        Further parameters of a named kernel or activation, such as ``{"degree": 2}``.

    activation : {"auto", "threshold", "phase"}, default="auto"
        - "threshold": the projection is cut at two thresholds (the method of [1]_). For every
          kernel, but the limit needs many inputs (some 50; below 16 a warning is given).
        - "phase": a random Fourier feature quantised to three levels. Only for "rbf", and right for
          any number of inputs.
        - "auto": "phase" for "rbf", "threshold" for every other kernel.

    projection : {"auto", "sparse", "hadamard", "gaussian"}, default="auto"
        - "sparse": `n_nonzero` weights -1 or 1 in each row, in orthogonal blocks of
          Walsh-Hadamard transforms;
        - "hadamard": nearly normal dense weights by two rounds of signs and Walsh-Hadamard
          transform. About two thirds of the speed of "sparse"; prefer it where columns are one-hot
          or heavy-tailed and the kernel itself matters;
        - "gaussian": normal weights and a matrix product, the slow reference;
        - "auto": "sparse" from 34 inputs on, where its rows have 16 or more weights, and wherever
          `n_nonzero` is given; "hadamard" below, because a sum of few signs is not normal.

    n_nonzero : int, float or "auto", default="auto"
        Non-zero weights of a row of the sparse projection, *k*: a number from 1 to n_features or a
        fraction of n_features in (0, 1]. Few are fast, and weigh the fourth moments of single
        columns (the kernel then depends on more than distances). "auto" is a power of two near
        ``min(n_features / 3, 32)``, at least 4.

    dtype : {"auto", "float32", "float64", "int8", "packed"}, default="auto"
        Output. "auto" is the float dtype of the input. "int8" holds the levels -1, 0, 1 without
        factor; linear models of scikit-learn would cast it to float64. "packed" holds them in bit
        planes of uint64 (see :func:`skrmt.kernel_approximation.unpack_ternary`), 2 bits a feature,
        1 where the levels are 0 and 1 only (`family_` = 1).

    random_state : int, RandomState instance or None, default=None
        Source of the weights and offsets.

    n_jobs : int, default=None
        Threads of `transform`, over rows; the result is the same for any number.

    Attributes
    ----------
    mean_ : ndarray of shape (n_features_in_,) and dtype float64
        Mean row of the training data.
    tau_ : float
        Mean squared distance of a training row to `mean_` (unit of X squared).
    n_samples_seen_ : int
        Number of training rows.
    gamma_ : float or None
        Value of `gamma` in use; None for kernels without it.
    activation_ : {"threshold", "phase"}
        Activation in use.
    projection_ : {"sparse", "hadamard", "gaussian"}
        Projection in use.
    n_nonzero_ : int
        Non-zero weights of a row.
    weights_ : BlockHadamardProjection or GaussianProjection
        The projection (see :mod:`skrmt.sketching`).
    family_ : {-1, 1}
        -1: levels -1, 0, 1; 1: levels 0, 1.
    thresholds_ : tuple of two floats
        *s-* and *s+*, in the unit of X, for projections of centred rows with weights of variance 1.
        Only with the threshold activation.
    random_offset_ : ndarray of shape (n_components,) and dtype float64
        Offsets in [0, 1), in turns. Only with the phase activation.
    scale_ : float
        Factor *a* of the levels: with int8 features the kernel is
        ``scale_**2 / n_components * Z @ Z.T``.
    target_moments_, ternary_moments_ : KernelMoments
        Moments of the target kernel and of the features at `tau_`; d1 and d2 agree.
    ridge_shift_ : float
        Variance of the features minus that of the target. Centred features behave like the target
        kernel plus this times the identity: a kernel ridge penalty ``alpha`` on the target
        corresponds to ``alpha - ridge_shift_``, and cannot be reached when it is smaller.
    predicted_standard_error_ : float
        Predicted standard deviation of an off-diagonal entry of the centred kernel, for independent
        rows of weights. The orthogonal blocks of the sparse and Hadamard projections stay below.
    n_features_in_ : int
        Number of inputs.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the inputs, where X has string column names.

    Raises
    ------
    ValueError
        If a parameter is out of range; ``activation="phase"`` is asked for another kernel than
        "rbf"; X has one row, or equal rows only; the target has neither a linear nor a quadratic
        part at `tau_` (no ternary function matches it).

    Warns
    -----
    skrmt.exceptions.TheoryWarning
        With the threshold activation: fewer than 16 inputs, or rows of very unequal norm.

    See Also
    --------
    sklearn.kernel_approximation.RBFSampler : Floating-point Fourier features.
    sklearn.kernel_approximation.Nystroem : Data-dependent features; better where few are wanted.

    Notes
    -----
    Fitting takes O(n p + N) for the sparse projection. Transforming takes ``N log2(k)`` additions a
    row (Hadamard: ``2 N log2(p)``; Gaussian: ``2 N p`` operations), a comparison or two for each
    feature, and a few megabytes beside input and output. Constant columns contribute nothing.
    Integers of 8 or 16 bits are computed in float32, other integers in float64.

    The features are not centred, so the kernel contains a constant: keep the intercept in the
    linear model behind. The limit of the threshold activation is that of rows with about the same
    norm after centring; standardise columns or normalise rows.

    References
    ----------
    .. [1] H. Tiomoko Ali, Z. Liao, R. Couillet, "Random matrices in service of ML footprint:
           ternary random features with no performance loss", ICLR 2022. arXiv:2110.01899.
           The thresholds match its moments d1 and d2; the free scale, kernels other than those of
           activations, the phase activation and the block projections go beyond it.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import RidgeClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from skrmt.kernel_approximation import TernaryRandomFeatures
    >>> X, y = load_digits(return_X_y=True)
    >>> model = make_pipeline(TernaryRandomFeatures(random_state=0), RidgeClassifier())
    >>> bool(model.fit(X[:1000], y[:1000]).score(X[1000:], y[1000:]) > 0.94)
    True
    """

    _parameter_constraints: dict = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "kernel": [
            StrOptions({*KERNELS, *ACTIVATIONS}),
            RadialKernel,
            InnerProductKernel,
            Activation,
            callable,
        ],
        "gamma": [
            StrOptions({"unit", "scale"}),
            Interval(Real, 0, None, closed="neither"),
        ],
        "kernel_params": [dict, None],
        "activation": [StrOptions({"auto", "threshold", "phase"})],
        "projection": [StrOptions({"auto", "sparse", "hadamard", "gaussian"})],
        "n_nonzero": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="right"),
        ],
        "dtype": [StrOptions({"auto", "float32", "float64", "int8", "packed"})],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        n_components=1024,
        *,
        kernel="rbf",
        gamma="unit",
        kernel_params=None,
        activation="auto",
        projection="auto",
        n_nonzero="auto",
        dtype="auto",
        random_state=None,
        n_jobs=None,
    ):
        self.n_components = n_components
        self.kernel = kernel
        self.gamma = gamma
        self.kernel_params = kernel_params
        self.activation = activation
        self.projection = projection
        self.n_nonzero = n_nonzero
        self.dtype = dtype
        self.random_state = random_state
        self.n_jobs = n_jobs

    @fit_context()
    def fit(self, X, y=None):
        """Draw the weights and choose the thresholds for the data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows, at least two.
        y : None
            Ignored.

        Returns
        -------
        self : TernaryRandomFeatures
            The fitted transformer.
        """
        X = self._validate(X, reset=True, ensure_min_samples=2)
        self._draw(X.shape[1])
        self._update(X, earlier=None)
        return self

    @fit_context()
    def partial_fit(self, X, y=None):
        """Update mean, `tau_` and thresholds with a batch of rows.

        The weights are drawn at the first call; they do not depend on the data. After any number of
        batches the transformer is the one that `fit` makes of all their rows (with an integer
        `random_state`), to rounding.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows; the first batch needs two different ones.
        y : None
            Ignored.

        Returns
        -------
        self : TernaryRandomFeatures
            The fitted transformer.
        """
        first = not hasattr(self, "_row_moments")
        X = self._validate(X, reset=first)
        if first:
            self._draw(X.shape[1])
        self._update(X, earlier=None if first else self._row_moments)
        return self

    def transform(self, X):
        """Ternary features of rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        Z : ndarray of shape (n_samples, n_components)
            Features, in the type that `dtype` asks for; with ``dtype="packed"`` of shape
            (n_samples, n_planes * ceil(n_components / 64)).
        """
        check_is_fitted(self)
        X = self._validate(X, reset=False)
        return ternary_transform(
            X,
            self.weights_,
            self._rule,
            scale=self.scale_ / math.sqrt(self.weights_.n_components),
            dtype=X.dtype if self.dtype == "auto" else self.dtype,
            n_jobs=self.n_jobs,
        )

    def _validate(self, X, *, reset, **options):
        """X as C-contiguous float rows, or CSR; small integers fit float32 exactly."""
        kind = getattr(getattr(X, "dtype", None), "type", np.float64)
        small = issubclass(kind, np.integer) and np.dtype(kind).itemsize <= 2
        dtypes = [np.float32, np.float64] if small else [np.float64, np.float32]
        return validate_data(
            self, X, accept_sparse="csr", dtype=dtypes, order="C", reset=reset, **options
        )

    def _draw(self, n_features):
        """Weights and offsets: all that is random."""
        rng = check_random_state(self.random_state)
        n_components = self.n_components
        self.projection_, self.weights_ = draw_projection(
            self.projection,
            n_features,
            n_components,
            n_nonzero=self.n_nonzero,
            random_state=rng,
        )
        self.n_nonzero_ = self.weights_.n_nonzero

        self.activation_ = self.activation
        rbf = isinstance(self.kernel, str) and self.kernel == "rbf"
        if self.activation == "auto":
            self.activation_ = "phase" if rbf else "threshold"
        elif self.activation == "phase" and not rbf:
            raise ValueError(
                f"activation='phase' approximates kernel='rbf' only, got kernel={self.kernel!r}; "
                "set activation='threshold' or 'auto'."
            )
        if self.activation_ == "phase":
            self.random_offset_ = rng.uniform(size=n_components)
        else:
            vars(self).pop("random_offset_", None)

    def _update(self, X, earlier):
        """All that depends on the data: mean, tau, and the rule that follows from them."""
        with np.errstate(over="ignore", invalid="ignore"):
            moments, squared_distances = row_moments(X)
            if earlier is not None:
                moments = earlier.merge(moments)
        if not math.isfinite(moments.tau):
            raise ValueError(
                "The variance of X overflows float64; rescale X, for example with StandardScaler."
            )
        if moments.is_constant:
            raise ValueError(
                f"X has zero variance: its n_samples = {moments.n_samples} row(s) are all equal. "
                "At least two different rows are needed."
            )
        self._row_moments = moments
        self.mean_ = moments.mean
        self.tau_ = moments.tau
        self.n_samples_seen_ = moments.n_samples
        self.gamma_ = self._resolve_gamma(moments)
        self.target_moments_ = kernel_moments(
            self.kernel, self.tau_, gamma=self.gamma_, **(self.kernel_params or {})
        )
        if self.activation_ == "phase":
            self._set_phase_rule()
        else:
            warn_far_from_limit(self.n_features_in_, squared_distances, stacklevel=6)
            self._set_threshold_rule()
        self.ridge_shift_ = ridge_shift(self.target_moments_, self.ternary_moments_)
        packed = self.dtype == "packed"
        n_components = self.weights_.n_components
        self._n_features_out = (
            self._rule.n_planes * n_words(n_components) if packed else n_components
        )

    def _resolve_gamma(self, moments):
        if not (isinstance(self.kernel, str) and self.kernel in KERNELS):
            return None
        if not isinstance(self.gamma, str):
            return float(self.gamma)
        return 1 / (2 * moments.tau if self.gamma == "unit" else moments.total_variance)

    def _set_threshold_rule(self):
        ternary = solve_ternary(self.target_moments_)
        self._rule = threshold_rule(ternary, self.tau_, self.weights_, self.mean_)
        deviation = math.sqrt(self.tau_)
        self.thresholds_ = (deviation * ternary.lower, deviation * ternary.upper)
        self.family_ = ternary.family
        self.scale_ = ternary.scale
        self.ternary_moments_ = ternary.moments(self.tau_)
        self.predicted_standard_error_ = kernel_standard_error(
            self.ternary_moments_, self.weights_.n_components
        )

    def _set_phase_rule(self):
        self._rule = phase_rule(self.gamma_, self.random_offset_, self.weights_, self.mean_)
        vars(self).pop("thresholds_", None)
        self.family_ = -1
        self.scale_ = PHASE_SCALE
        self.ternary_moments_ = phase_moments(self.tau_, self.gamma_)
        self.predicted_standard_error_ = phase_standard_error(
            self.tau_, self.gamma_, self.weights_.n_components
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        floats = {"auto": ["float64", "float32"], "float32": ["float32"], "float64": ["float64"]}
        tags.transformer_tags.preserves_dtype = floats.get(self.dtype, [])
        return tags
