# SPDX-License-Identifier: BSD-3-Clause
"""Ternary random features: a kernel approximation in two bits a feature."""

import math
from numbers import Integral, Real

from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skrmt.base import SkrmtEstimator
from skrmt.kernel_approximation._device_transform import DeviceProjection, device_transform
from skrmt.kernel_approximation._row_validation import validated_rows
from skrmt.kernel_approximation._ternary_dask import dask_features
from skrmt.kernel_approximation._ternary_rows import training_rows
from skrmt.kernel_approximation._ternary_streaming import TernaryStreamingMixin
from skrmt.kernel_approximation._ternary_transform import ternary_transform
from skrmt.theory import ACTIVATIONS, KERNELS, Activation, InnerProductKernel, RadialKernel
from skrmt.utils._arrays import is_numpy
from skrmt.utils._dask_rows import is_dask_array
from skrmt.utils._validation import (
    Interval,
    RealNotInt,
    StrOptions,
    check_same_namespace,
    fit_context,
)

__all__ = ["TernaryRandomFeatures"]


class TernaryRandomFeatures(
    TernaryStreamingMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, SkrmtEstimator
):
    r"""Approximate a kernel by random features with three values.

    A feature is a random projection of a row, cut at two thresholds: -1, 0 or 1, times a common
    factor. Random matrix theory tells which thresholds give the inner products of the features the
    limit of a given kernel when rows and inputs are both many. That saves most of the memory and
    time of floating-point features: 2 bits a feature with ``dtype="packed"``, a few additions to
    project. The price is some noise on the diagonal of the kernel (`ridge_shift_`): nothing where
    labels are noisy, some accuracy where targets are nearly free of noise.

    By default the estimator can replace :class:`sklearn.kernel_approximation.RBFSampler`: output in
    the float dtype of the input, and ``Z @ Z.T`` approximates the Gaussian kernel. Other kernels
    are approximated up to centring and to a multiple of the identity: what a linear model with
    intercept, a PCA or a clustering sees.

    Parameters
    ----------
    n_components : int, default=1024
        Number of features, *N*. Noise of the kernel falls as ``1 / sqrt(n_components)``.
    kernel : str, RadialKernel, InnerProductKernel, Activation or callable, default="rbf"
        Target kernel.

        - "rbf": ``exp(-gamma ||x - y||^2)``; "exponential", "matern32", "matern52",
          "rational_quadratic", "polynomial": see :func:`skrmt.theory.kernel_moments`;
        - an activation: "relu", "leaky_relu", "abs", "sign", "step", "cubic", "cos", "sin", "erf",
          "gaussian_bump", "tanh", "logistic", "gelu" (see
          :func:`skrmt.theory.activation_moments`), or any callable on arrays: the kernel
          ``E sigma(w.x) sigma(w.y)`` with standard normal weights;
        - :class:`skrmt.theory.RadialKernel`, :class:`skrmt.theory.InnerProductKernel`,
          :class:`skrmt.theory.Activation`: any function, with its derivatives or breakpoints.

        Inner products are those of centred rows, ``x - mean_``.
    gamma : float, "unit" or "scale", default="unit"
        Inverse squared length of a named kernel; activations ignore it. "unit" is
        ``1 / (2 tau_)``, with `tau_` the mean squared distance of a row to the mean row; "scale" is
        scikit-learn's ``1 / (n_features * X.var())``. A large value makes every row similar to
        itself only, a small one makes the kernel linear.
    kernel_params : dict, default=None
        Other parameters of a named kernel or activation, such as ``{"degree": 2}``.
    activation : {"auto", "threshold", "phase"}, default="auto"
        - "threshold": the projection is cut at two thresholds (the method of [1]_). For every
          kernel, but the limit needs many inputs (some 50; below 16 a warning is given).
        - "phase": a random Fourier feature quantised to three levels. Only for "rbf", and for any
          number of inputs. To the kernel K it adds ``K^25 / 25 + K^49 / 49 + ...`` (over the odd
          squares not divisible by 3): 0.097 where rows coincide, below .001 where K < .86.
        - "auto": "phase" for "rbf", "threshold" for every other kernel.
    projection : {"auto", "sparse", "hadamard", "gaussian"}, default="auto"
        - "hadamard": nearly normal dense weights by two rounds of random signs and Walsh-Hadamard
          transform, for any data (unless ``sqrt(2 gamma) |x_i - y_i|`` passes 20 in one input,
          where their lattice shows);
        - "sparse": `n_nonzero` weights -1 or 1 in each row, in orthogonal blocks of Walsh-Hadamard
          transforms. Faster by a third or more, as accurate where every row has many inputs of
          similar size (images, measurements); another kernel, sometimes a better one, where few
          inputs make up a row (one-hot columns, counts, text);
        - "gaussian": normal weights and a matrix product;
        - "auto": "sparse" if `n_nonzero` is given; else "gaussian" to 16 inputs, then "hadamard".
    n_nonzero : int, float or "auto", default="auto"
        Non-zero weights of a row, *k*, of the sparse projection only: a number from 1 to n_features
        or a fraction of n_features in (0, 1]. Few are fast, and weigh fourth moments of columns.
        "auto" is a power of two near ``min(n_features / 3, 32)``, at least 4 or n_features.
    dtype : {"auto", "float32", "float64", "int8", "packed"}, default="auto"
        Output. "auto" is the float dtype of the input. "int8" holds the levels -1, 0, 1 without
        factor: a penalty of a model behind grows by ``n_components / scale_**2``, linear models of
        scikit-learn cast them to float64, and products of int8 arrays overflow. "packed" holds
        them in bit planes of uint64 (:func:`skrmt.kernel_approximation.unpack_ternary`), 2 bits a
        feature, 1 where the levels are 0 and 1 only (`family_` = 1): for storage and
        :func:`skrmt.kernel_approximation.ternary_gram`, not for a model to read as numbers.
    random_state : int, RandomState instance or None, default=None
        Source of the weights and offsets.
    n_jobs : int, default=None
        Threads of `transform`, over rows; the result is the same for any number. Ignored for
        arrays of other libraries than NumPy, which have their own, and for Dask arrays, whose
        blocks are computed side by side.

    Attributes
    ----------
    mean_ : ndarray of shape (`n_features_in_`,) and dtype float64
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
        Factor *a* of the levels: float features are ``scale_ / sqrt(n_components)`` times the
        levels.
    target_moments_, ternary_moments_ : KernelMoments
        Moments of the target kernel and of the features at `tau_`; d1 and d2 agree.
    ridge_shift_ : float
        Variance of the features minus that of the target. Centred features behave like the target
        kernel plus this times the identity: a kernel ridge penalty ``alpha`` on the target
        corresponds to ``alpha - ridge_shift_``, and cannot be reached when it is smaller. The noise
        of few features hides the difference.
    predicted_standard_error_ : float
        Predicted standard deviation of an off-diagonal entry of the centred kernel, for independent
        rows of weights. Blocks of orthogonal rows have less noise, sparse blocks whose `n_nonzero`
        is no power of two up to a tenth more.
    n_features_in_ : int
        Number of inputs.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the inputs, where X has string column names.

    Raises
    ------
    ValueError
        If a parameter is out of range; ``activation="phase"`` is asked for another kernel than
        "rbf"; X has one row, or equal rows only, or values near the ends of its float type; the
        kernel is constant or the identity at the scale of the data; the target has neither a linear
        nor a quadratic part at `tau_` (no ternary function matches it).

    Warns
    -----
    skrmt.exceptions.TheoryWarning
        Threshold activation: under 16 inputs, rows of very unequal norm, a nearly diagonal target.

    See Also
    --------
    sklearn.kernel_approximation.RBFSampler : Floating-point Fourier features.
    sklearn.kernel_approximation.Nystroem : Data-dependent features; better where few are wanted.

    Notes
    -----
    Fitting takes O(n p + N) (Gaussian: O(n p + N p)). Transforming takes ``2 log2(q)`` additions a
    feature in whole blocks of q, the power of two not below p (sparse: ``log2(k)`` additions;
    Gaussian: ``2 p`` operations) and a comparison or two; beside input and output a few megabytes
    and 300 bytes an input (Gaussian: the weights). With many more inputs than features most of a
    block goes unused: slower than RBFSampler on wide sparse rows. Arrays of booleans, float16 and
    integers of 8 or 16 bits are computed in float32, other integers in float64. Constant columns
    contribute nothing but rounding.

    Dask arrays are fitted by map and reduce of the moments of their blocks (thresholds: a second
    pass tells whether rows differ much in norm), and transformed into Dask arrays. Arrays of
    PyTorch or CuPy stay on their device under ``sklearn.set_config(array_api_dispatch=True)``:
    weights are drawn as for NumPy and moved, `mean_` and `random_offset_` are of that library,
    and ``dtype="packed"`` is refused.

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
        "gamma": [StrOptions({"unit", "scale"}), Interval(Real, 0, None, closed="neither")],
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
        "n_jobs": [
            Interval(Integral, None, -1, closed="right"),
            Interval(Integral, 1, None, closed="left"),
            None,
        ],
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
        X : {array-like, sparse matrix, Dask array} of shape (n_samples, n_features)
            Training rows, at least two. Dask arrays are read block by block and never gathered;
            arrays of another library stay on their device (see Notes).
        y : None
            Ignored.

        Returns
        -------
        self : TernaryRandomFeatures
            The fitted transformer.
        """
        rows = training_rows(self, X, reset=True, least=2)
        self._draw(rows.n_features)
        self._keep(rows.moments(), rows.like)
        self._design(rows.spread_of_norms)
        return self

    def transform(self, X):
        """Ternary features of rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, Dask array} of shape (n_samples, n_features)
            Rows; of another library than NumPy only if the training rows were.

        Returns
        -------
        Z : ndarray of shape (n_samples, n_components)
            Features, in the type that `dtype` asks for; with ``dtype="packed"`` of shape
            (n_samples, n_planes * ceil(n_components / 64)). A Dask array, not computed yet, if X is
            one; an array of the library of X, on its device, if X is one.
        """
        check_is_fitted(self)
        scale = self.scale_ / math.sqrt(self.weights_.n_components)
        form = {"rule": self._rule, "scale": scale, "dtype": self._dtype}
        if is_dask_array(X):
            return dask_features(self, X, projection=self.weights_, **form)
        check_same_namespace(X, self, attribute="mean_", method="transform")
        X = validated_rows(self, X, reset=False)
        if not is_numpy(X):
            moved = vars(self).get("_moved_weights")
            if moved is None or not moved.is_beside(X):
                moved = DeviceProjection.of(self.weights_, X)
            return device_transform(X, moved, **form)
        if self._dtype == "auto":
            form["dtype"] = X.dtype
        return ternary_transform(X, self.weights_, n_jobs=self.n_jobs, **form)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.array_api_support = self.dtype != "packed"
        floats = {"auto": ["float64", "float32"], "float32": ["float32"], "float64": ["float64"]}
        tags.transformer_tags.preserves_dtype = floats.get(self.dtype, [])
        return tags
