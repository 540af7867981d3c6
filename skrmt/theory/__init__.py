# SPDX-License-Identifier: BSD-3-Clause
"""Laws of large random matrices: pure functions of numbers.

Nothing here fits, draws or stores. The estimators call these functions, and so can you, with the
paper open.

**Ternary random features.** H. Tiomoko Ali, Z. Liao, R. Couillet, "Random matrices in service of ML
footprint: ternary random features with no performance loss", ICLR 2022, arXiv:2110.01899.

======================================================  ==========================================
in the paper                                            here
======================================================  ==========================================
generalized Gaussian moments d0, d1, d2 of sigma        :class:`KernelMoments`
their closed forms for common activations               :func:`activation_moments`
the target kernel's moments                             :func:`kernel_moments`
limiting kernel K~ of the random-feature kernel K       :func:`equivalent_kernel`
ternary function sigma^ter with thresholds s-, s+       :class:`TernaryActivation`
moments of sigma^ter                                    :func:`ternary_moments`
system for the thresholds that match d1 and d2          :func:`solve_ternary`
======================================================  ==========================================

Beyond the paper: data of any scale (tau is an argument, not 1), a free scale of the ternary
function so that every target is reached, radial and inner-product targets (:class:`RadialKernel`,
:class:`InnerProductKernel`), the fourth-moment terms of sparse weights
(:func:`sparse_weight_kurtosis`, :func:`sparse_weight_comoment`), the share of a kernel that can be
matched (:func:`matched_share`) and the price of its unmatched diagonal (:func:`ridge_shift`), the
error at a finite number of features (:func:`kernel_standard_error`), and the quantised Fourier
feature (:func:`phase_kernel`).
"""

from skrmt.theory._activation_moments import ACTIVATIONS, activation_moments
from skrmt.theory._equivalent_kernel import (
    equivalent_kernel,
    kernel_standard_error,
    matched_share,
    ridge_shift,
    sparse_weight_comoment,
    sparse_weight_kurtosis,
)
from skrmt.theory._gaussian_moments import KernelMoments, concatenated_moments
from skrmt.theory._kernel_moments import KERNELS, kernel_moments
from skrmt.theory._phase_kernel import (
    PHASE_SCALE,
    phase_kernel,
    phase_moments,
    phase_standard_error,
)
from skrmt.theory._target_kernels import Activation, InnerProductKernel, RadialKernel
from skrmt.theory._ternary_thresholds import (
    TernaryActivation,
    solve_ternary,
    ternary_moments,
)

__all__ = [
    "ACTIVATIONS",
    "KERNELS",
    "PHASE_SCALE",
    "Activation",
    "InnerProductKernel",
    "KernelMoments",
    "RadialKernel",
    "TernaryActivation",
    "activation_moments",
    "concatenated_moments",
    "equivalent_kernel",
    "kernel_moments",
    "kernel_standard_error",
    "matched_share",
    "phase_kernel",
    "phase_moments",
    "phase_standard_error",
    "ridge_shift",
    "solve_ternary",
    "sparse_weight_comoment",
    "sparse_weight_kurtosis",
    "ternary_moments",
]
