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

**Sparse and quantised spectral clustering.** Z. Liao, R. Couillet, M. W. Mahoney, "Sparse Quantized
Spectral Clustering", ICLR 2021, arXiv:2010.01376.

======================================================  ==========================================
in the paper                                            here
======================================================  ==========================================
Hermite coefficients a0, a1, a2, nu of f                :func:`hermite_coefficients`,
                                                        :class:`HermiteCoefficients`
f1, sparse: keeps large entries                         :class:`HardThreshold`
f2, quantised; f3, binary or ternary                    :class:`OddQuantizer`
limiting density of the eigenvalues of K, its support   :func:`inner_kernel_density`,
                                                        :func:`inner_kernel_edges`
phase transition, the root of F                         :func:`phase_transition`
isolated eigenvalue, alignment of its eigenvector       :func:`spike_eigenvalue`,
                                                        :func:`spike_alignment`
error of spectral clustering                            :func:`misclassification_rate`
eigenvalues without information of even kernels         :func:`spurious_eigenvalues`
======================================================  ==========================================

Beyond the paper: the best levels (:func:`lloyd_max_levels`), the signal behind an eigenvalue
(:func:`spike_strength`), a test whether it is one (:func:`edge_pvalues`, with :func:`edge_scale`,
:func:`edge_shift` and the Tracy-Widom law: :func:`tracy_widom_cdf`, :func:`tracy_widom_sf`,
:func:`tracy_widom_quantile`), and how sparse a matrix may be for a loss that is allowed
(:func:`kappa_for_tolerance`, :func:`density_for_tolerance`).

**Random Kronecker graphs.** Z. Liao, Y. Xia, C. Niu, Y. Xiao, "Analysis and Approximate Inference
of Large Random Kronecker Graphs", arXiv:2306.08489.

======================================================  ==========================================
in the paper                                            here
======================================================  ==========================================
mean p and perturbation X of the initiator              :func:`kronecker_perturbation`
bulk, spikes and alignment of the centred adjacency     :func:`kronecker_spectrum`,
                                                        :class:`KroneckerSpectrum`
shrinkage of its singular values                        :func:`shrink_singular_values`
======================================================  ==========================================

Beyond the paper: the signal's singular values in closed form for initiators of any size, what is
left of an estimate when labels are wrong (:func:`attenuated_initiator`), the expected numbers of
edges, stars and triangles, undirected and directed (:func:`expected_subgraph_counts`, named in
:data:`SUBGRAPHS`), and the exact likelihood of the absent edges at a cost that does not grow with
the graph (:func:`empty_graph_log_likelihood`).
"""

from skrmt.theory._activation_moments import ACTIVATIONS, activation_moments
from skrmt.theory._degrees_of_freedom import degrees_of_freedom, gcv_factor
from skrmt.theory._ensemble_risk import ensemble_risk, risk_components
from skrmt.theory._entrywise_maps import HardThreshold, OddQuantizer
from skrmt.theory._equivalent_kernel import (
    equivalent_kernel,
    kernel_standard_error,
    matched_share,
    ridge_shift,
    sparse_weight_comoment,
    sparse_weight_kurtosis,
)
from skrmt.theory._gaussian_moments import KernelMoments, concatenated_moments
from skrmt.theory._hermite import HermiteCoefficients, hermite_coefficients
from skrmt.theory._implicit_ridge import (
    implicit_ridge,
    implicit_ridge_of_spectrum,
    sketched_ridge_for,
)
from skrmt.theory._inner_kernel import (
    edge_scale,
    edge_shift,
    inner_kernel_density,
    inner_kernel_edges,
)
from skrmt.theory._inner_kernel_spikes import (
    edge_pvalues,
    misclassification_rate,
    phase_transition,
    spike_alignment,
    spike_eigenvalue,
    spike_strength,
)
from skrmt.theory._kernel_density_choice import density_for_tolerance, kappa_for_tolerance
from skrmt.theory._kernel_moments import KERNELS, kernel_moments
from skrmt.theory._kronecker_likelihood import empty_graph_log_likelihood
from skrmt.theory._kronecker_linearisation import (
    KroneckerSpectrum,
    attenuated_initiator,
    kronecker_perturbation,
    kronecker_spectrum,
    shrink_singular_values,
)
from skrmt.theory._kronecker_subgraphs import SUBGRAPHS, expected_subgraph_counts
from skrmt.theory._lloyd_max import lloyd_max_levels
from skrmt.theory._phase_kernel import (
    PHASE_SCALE,
    phase_kernel,
    phase_moments,
    phase_standard_error,
)
from skrmt.theory._ridge_risk import PredictedRisk, ridge_risk, sketched_ensemble_risk
from skrmt.theory._spurious_eigenvalues import spurious_eigenvalues
from skrmt.theory._target_kernels import Activation, InnerProductKernel, RadialKernel
from skrmt.theory._ternary_thresholds import (
    TernaryActivation,
    solve_ternary,
    ternary_moments,
)
from skrmt.theory._tracy_widom import (
    tracy_widom_cdf,
    tracy_widom_quantile,
    tracy_widom_sf,
)

__all__ = [
    "ACTIVATIONS",
    "KERNELS",
    "PHASE_SCALE",
    "SUBGRAPHS",
    "Activation",
    "HardThreshold",
    "HermiteCoefficients",
    "InnerProductKernel",
    "KernelMoments",
    "KroneckerSpectrum",
    "OddQuantizer",
    "PredictedRisk",
    "RadialKernel",
    "TernaryActivation",
    "activation_moments",
    "attenuated_initiator",
    "concatenated_moments",
    "degrees_of_freedom",
    "density_for_tolerance",
    "edge_pvalues",
    "edge_scale",
    "edge_shift",
    "empty_graph_log_likelihood",
    "ensemble_risk",
    "equivalent_kernel",
    "expected_subgraph_counts",
    "gcv_factor",
    "hermite_coefficients",
    "implicit_ridge",
    "implicit_ridge_of_spectrum",
    "inner_kernel_density",
    "inner_kernel_edges",
    "kappa_for_tolerance",
    "kernel_moments",
    "kernel_standard_error",
    "kronecker_perturbation",
    "kronecker_spectrum",
    "lloyd_max_levels",
    "matched_share",
    "misclassification_rate",
    "phase_kernel",
    "phase_moments",
    "phase_standard_error",
    "phase_transition",
    "ridge_risk",
    "ridge_shift",
    "risk_components",
    "shrink_singular_values",
    "sketched_ensemble_risk",
    "sketched_ridge_for",
    "solve_ternary",
    "sparse_weight_comoment",
    "sparse_weight_kurtosis",
    "spike_alignment",
    "spike_eigenvalue",
    "spike_strength",
    "spurious_eigenvalues",
    "ternary_moments",
    "tracy_widom_cdf",
    "tracy_widom_quantile",
    "tracy_widom_sf",
]
