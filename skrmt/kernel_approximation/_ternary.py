# SPDX-License-Identifier: BSD-3-Clause
"""Ternary random features: a kernel approximation in two bits a feature."""

import math
import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skrmt.base import SkrmtEstimator
from skrmt.exceptions import TheoryWarning
from skrmt.kernel_approximation._row_moments import row_moments
from skrmt.kernel_approximation._ternary_transform import TernaryRule, n_words, ternary_transform
from skrmt.sketching import draw_dense, draw_gaussian, draw_sparse
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

# Below this many inputs the kernel of the threshold activation is too far from its limit.
FEW_FEATURES = 16

# Below this many weights a sum of signs is too far from normal to be the default.
FEW_WEIGHTS = 16

# Coefficient of variation of the squared norms above which rows do not share one tau.
UNEQUAL_NORMS = 0.5


def auto_n_nonzero(n_features):
    """Non-zero weights of a sparse row when the user leaves the choice to us.

    A third of the inputs gives weights with the fourth moment of a normal variable (p / k = 3), and
    32 signs are enough for a nearly normal sum however many inputs there are. The power of two
    nearest to that (on a log scale) makes the blocks of the projection orthogonal.

    Parameters
    ----------
    n_features : int
        Number of inputs, p.

    Returns
    -------
    n_nonzero : int
        A power of two, or p itself where p < 4.
    """
    wanted = min(max(n_features / 3, 4), 32)
    return min(1 << round(math.log2(wanted)), n_features)


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
        Inverse squared length of a named kernel; activations ignore it. With `tau_` the mean squared
        distance of a row to the mean row, "unit" is ``1 / (2 tau_)``. "scale" is
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
    feature, and a few megabytes beside input and output. Constant columns contribute nothing. Inputs of 8 or 16 bit integers are computed in
    float32, other integers in float64.

    The features are not centred, so the kernel contains a constant: keep the intercept in the linear
    model behind. The limit of the threshold activation is that of rows with about the same norm
    after centring; standardise columns or normalise rows.

    References
    ----------
    .. [1] H. Tiomoko Ali, Z. Liao, R. Couillet, "Random matrices in service of ML footprint:
           ternary random features with no performance loss", ICLR 2022. arXiv:2110.01899.
           The thresholds solve the equations of its Section 3; free scale, general kernels,
           phase activation and block projections go beyond it.

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
        projection = self._resolve_projection(n_features)
        n_nonzero = n_features
        if projection == "sparse":
            n_nonzero = self._resolve_n_nonzero(n_features)
            weights = draw_sparse(n_features, n_components, n_nonzero=n_nonzero, random_state=rng)
        elif projection == "hadamard":
            weights = draw_dense(n_features, n_components, random_state=rng)
        else:
            weights = draw_gaussian(n_features, n_components, random_state=rng)
        self.projection_, self.n_nonzero_, self.weights_ = projection, n_nonzero, weights

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

    def _resolve_projection(self, n_features):
        if self.projection != "auto":
            return self.projection
        automatic = isinstance(self.n_nonzero, str)
        few = automatic and auto_n_nonzero(n_features) < FEW_WEIGHTS
        return "hadamard" if few else "sparse"

    def _resolve_n_nonzero(self, n_features):
        if isinstance(self.n_nonzero, str):
            return auto_n_nonzero(n_features)
        if isinstance(self.n_nonzero, Integral):
            if self.n_nonzero > n_features:
                raise ValueError(
                    f"n_nonzero={self.n_nonzero} is larger than the number of features of X, "
                    f"{n_features}; set it to at most {n_features}, or to a fraction in (0, 1]."
                )
            return int(self.n_nonzero)
        return max(1, round(self.n_nonzero * n_features))

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
            self._warn_outside_theory(squared_distances)
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
        """Levels ``[w.(x - mu) > s+] + c [w.(x - mu) < s-]``, the mean moved into the thresholds."""
        ternary = solve_ternary(self.target_moments_)
        deviation = math.sqrt(self.tau_)
        lower, upper = deviation * ternary.lower, deviation * ternary.upper
        at_mean = self.weights_.project(self.mean_[np.newaxis])[0]
        unit = self.weights_.unit_scale
        name = "odd" if ternary.family == -1 else "even"
        self._rule = TernaryRule(name, lower / unit + at_mean, upper / unit + at_mean)
        self.thresholds_ = (lower, upper)
        self.family_ = ternary.family
        self.scale_ = ternary.scale
        self.ternary_moments_ = ternary.moments(self.tau_)
        self.predicted_standard_error_ = kernel_standard_error(
            self.ternary_moments_, self.weights_.n_components
        )

    def _set_phase_rule(self):
        """Levels of the cosine of ``2 pi v``, ``v = sqrt(2 gamma) w.(x - mu) / (2 pi) + b``."""
        slope = math.sqrt(2 * self.gamma_) / (2 * math.pi) * self.weights_.unit_scale
        at_mean = self.weights_.project(self.mean_[np.newaxis])[0]
        offset = np.mod(self.random_offset_ - slope * at_mean, 1.0)
        self._rule = TernaryRule("phase", np.full(len(offset), slope), offset)
        vars(self).pop("thresholds_", None)
        self.family_ = -1
        self.scale_ = PHASE_SCALE
        self.ternary_moments_ = phase_moments(self.tau_, self.gamma_)
        self.predicted_standard_error_ = phase_standard_error(
            self.tau_, self.gamma_, self.weights_.n_components
        )

    def _warn_outside_theory(self, squared_distances):
        n_features = self.n_features_in_
        if n_features < FEW_FEATURES:
            warnings.warn(
                f"n_features={n_features} is small for activation='threshold': its kernel reaches "
                f"the target only for many features (at least {FEW_FEATURES}, better 50). For "
                "kernel='rbf', activation='phase' is right at any number.",
                TheoryWarning,
                stacklevel=6,
            )
        mean = squared_distances.mean()
        if squared_distances.std() > UNEQUAL_NORMS * mean:
            warnings.warn(
                "The rows of X have very unequal norms (coefficient of variation "
                f"{squared_distances.std() / mean:.2f} of the squared distance to the mean, above "
                f"{UNEQUAL_NORMS}): the thresholds fit rows of average norm, and the kernel of the "
                "others differs from the target. Use StandardScaler or Normalizer before, or "
                "activation='phase' with kernel='rbf'.",
                TheoryWarning,
                stacklevel=6,
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        floats = {"auto": ["float64", "float32"], "float32": ["float32"], "float64": ["float64"]}
        tags.transformer_tags.preserves_dtype = floats.get(self.dtype, [])
        return tags
