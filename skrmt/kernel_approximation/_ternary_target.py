# SPDX-License-Identifier: BSD-3-Clause
"""The target kernel at the scale of the data."""

import math
import warnings

import numpy as np

from skrmt.exceptions import TheoryWarning
from skrmt.theory import KERNELS, kernel_moments
from skrmt.utils._user_warning import warn_user

# Parameters of `kernel_moments` that are not the kernel's own.
RESERVED = ("kernel", "tau", "gamma")

# Range of 2 gamma tau, the mean squared distance in units of the kernel's length, in which phases
# keep their digits in float32 and the kernel is neither constant nor the identity to rounding.
SMALLEST_SCALE, LARGEST_SCALE = 1e-10, 1e10


def resolve_activation(activation, kernel):
    """Activation in use.

    Parameters
    ----------
    activation : {"auto", "threshold", "phase"}
        As the user gave it.
    kernel : str or object
        Target kernel.

    Returns
    -------
    activation : {"threshold", "phase"}
        "auto" is "phase" for "rbf".

    Raises
    ------
    ValueError
        If "phase" is asked for another kernel.
    """
    rbf = isinstance(kernel, str) and kernel == "rbf"
    if activation == "phase" and not rbf:
        raise ValueError(
            f"activation='phase' approximates kernel='rbf' only, got kernel={kernel!r}; set "
            "activation='threshold' or 'auto'."
        )
    if activation == "auto":
        return "phase" if rbf else "threshold"
    return activation


def resolve_gamma(kernel, gamma, moments):
    """Value of `gamma` for the data.

    Parameters
    ----------
    kernel : str or object
        Target kernel.
    gamma : float, "unit" or "scale"
        As the user gave it.
    moments : RowMoments
        Statistic of the data.

    Returns
    -------
    gamma : float or None
        None where the kernel has no such parameter.

    Raises
    ------
    ValueError
        If the kernel is constant, or the identity, at the scale of the data.
    """
    if not (isinstance(kernel, str) and kernel in KERNELS):
        return None
    if isinstance(gamma, str):
        return 1 / (2 * moments.tau if gamma == "unit" else moments.total_variance)
    scale = 2 * float(gamma) * moments.tau
    if not SMALLEST_SCALE <= scale <= LARGEST_SCALE:
        kind = "constant" if scale < 1 else "the identity"
        raise ValueError(
            f"gamma={gamma!r} makes the kernel {kind} to rounding on these data: 2 gamma tau_ = "
            f"{scale:.3g} must be between {SMALLEST_SCALE:g} and {LARGEST_SCALE:g}. Set gamma near "
            f"1 / (2 tau_) = {1 / (2 * moments.tau):.3g}, or gamma='unit'."
        )
    return float(gamma)


def target_moments(kernel, tau, gamma, kernel_params):
    """Moments of the target kernel at tau.

    Parameters
    ----------
    kernel : str or object
        Target kernel.
    tau : float
        Mean squared distance of a row to the mean row.
    gamma : float or None
        From `resolve_gamma`.
    kernel_params : dict or None
        Further parameters of a named kernel or activation.

    Returns
    -------
    moments : KernelMoments
        The moments.

    Raises
    ------
    ValueError
        If `kernel_params` has keys that are no parameters of the kernel.
    """
    params = kernel_params or {}
    for key in params:
        if not isinstance(key, str) or key in RESERVED:
            remedy = "; use the parameter gamma of the estimator" if key == "gamma" else ""
            raise ValueError(
                f"kernel_params={kernel_params!r} must hold further parameters of kernel="
                f"{kernel!r} by name, got the key {key!r}{remedy}."
            )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        moments = kernel_moments(kernel, tau, gamma=gamma, **params)
    for warning in caught:  # said again at the user's line
        uncertain = issubclass(warning.category, UserWarning)  # that of the quadrature
        warn_user(str(warning.message), TheoryWarning if uncertain else warning.category)
    return moments


def check_spread(moments):
    """Refuse rows without spread, or of a spread near the ends of their float type.

    Parameters
    ----------
    moments : RowMoments
        Statistic of the rows.

    Raises
    ------
    ValueError
        If projections would all be equal, overflow or vanish.
    """
    if not math.isfinite(moments.tau):
        raise ValueError(
            "The variance of X overflows float64; rescale X, for example with StandardScaler."
        )
    if moments.is_constant:
        raise ValueError(
            f"X has zero variance to rounding: n_samples = {moments.n_samples} row(s), all equal. "
            "At least two different rows are needed; rescale X if its values are tiny."
        )
    limits, deviation = np.finfo(moments.dtype), math.sqrt(moments.tau)
    # Moments of kernels go up to the fourth power of the data, which bounds them in float64 too.
    lower, upper = max(1e6 * float(limits.tiny), 1e-70), min(1e-6 * float(limits.max), 1e70)
    if not lower < deviation < upper:
        raise ValueError(
            f"The rows of X spread by {deviation:.3g}, too near to the ends of {moments.dtype}; "
            "rescale X, for example with StandardScaler."
        )
