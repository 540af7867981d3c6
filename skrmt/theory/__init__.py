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

**Sketched ridge regression.** P. Patil, D. LeJeune, "Asymptotically free sketched ridge ensembles:
risks, cross-validation, and tuning", ICLR 2024, arXiv:2310.04357.

======================================================  ==========================================
in the paper                                            here
======================================================  ==========================================
implicit level mu of a sketch at penalty lambda         :func:`implicit_ridge_of_spectrum`
its inverse, lambda from mu                             :func:`sketched_ridge_for`
degrees of freedom, GCV denominator                     :func:`degrees_of_freedom`,
                                                        :func:`gcv_factor`
risk of an ensemble of K members                        :func:`ensemble_risk`
first- and second-order equivalence of the risk         :func:`sketched_ensemble_risk`
======================================================  ==========================================

Beyond the paper: mu in closed form from the spectrum of the sketched data alone
(:func:`implicit_ridge`), the mean products of members that share a transform
(:func:`risk_components`), and the risk in closed form from the population with its parts, also for
orthogonal sketches and disjoint parts of one transform (:func:`ridge_risk`,
:class:`PredictedRisk`).
"""

from skrmt.theory._activation_moments import ACTIVATIONS, activation_moments
from skrmt.theory._degrees_of_freedom import degrees_of_freedom, gcv_factor
from skrmt.theory._ensemble_risk import ensemble_risk, risk_components
from skrmt.theory._equivalent_kernel import (
    equivalent_kernel,
    kernel_standard_error,
    matched_share,
    ridge_shift,
    sparse_weight_comoment,
    sparse_weight_kurtosis,
)
from skrmt.theory._gaussian_moments import KernelMoments, concatenated_moments
from skrmt.theory._implicit_ridge import (
    implicit_ridge,
    implicit_ridge_of_spectrum,
    sketched_ridge_for,
)
from skrmt.theory._kernel_moments import KERNELS, kernel_moments
from skrmt.theory._phase_kernel import (
    PHASE_SCALE,
    phase_kernel,
    phase_moments,
    phase_standard_error,
)
from skrmt.theory._ridge_risk import PredictedRisk, ridge_risk, sketched_ensemble_risk
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
    "PredictedRisk",
    "RadialKernel",
    "TernaryActivation",
    "activation_moments",
    "concatenated_moments",
    "degrees_of_freedom",
    "ensemble_risk",
    "equivalent_kernel",
    "gcv_factor",
    "implicit_ridge",
    "implicit_ridge_of_spectrum",
    "kernel_moments",
    "kernel_standard_error",
    "matched_share",
    "phase_kernel",
    "phase_moments",
    "phase_standard_error",
    "ridge_risk",
    "ridge_shift",
    "risk_components",
    "sketched_ensemble_risk",
    "sketched_ridge_for",
    "solve_ternary",
    "sparse_weight_comoment",
    "sparse_weight_kurtosis",
    "ternary_moments",
]
