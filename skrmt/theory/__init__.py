# SPDX-License-Identifier: BSD-3-Clause
"""Laws of large random matrices: pure functions of numbers.

Nothing here fits or stores, and nothing draws but the method `rvs` of a law. The estimators call
these functions, and so can you, with the paper open.

**Laws of noise, and covariance matrices.** R. Couillet, Z. Liao, "Random Matrix Methods for Machine
Learning", Cambridge University Press 2022; what is from elsewhere says so.

======================================================  ==========================================
in the literature                                       here
======================================================  ==========================================
Marchenko-Pastur law                                    :class:`MarchenkoPastur`,
                                                        :func:`marchenko_pastur_cdf`,
                                                        :func:`marchenko_pastur_median`
Silverstein's equation, any population covariance       :class:`GeneralMarchenkoPastur`
Tracy-Widom law, beta = 1                               :class:`TracyWidom`,
                                                        :func:`tracy_widom_cdf`,
                                                        :func:`tracy_widom_sf`,
                                                        :func:`tracy_widom_ppf`
spikes and what is seen of them                         :func:`spike_forward`,
                                                        :func:`spike_backward`,
                                                        :func:`spike_squared_cosine`
optimal shrinkage of eigenvalues                        :func:`shrink_eigenvalues`,
                                                        :func:`spiked_covariance_loss`
optimal shrinkage and threshold of singular values      :func:`shrink_singular_values`,
                                                        :func:`hard_threshold`,
                                                        :func:`denoising_loss`
analytical nonlinear shrinkage                          :func:`nonlinear_shrinkage`
variance and largest eigenvalue of white noise          :func:`noise_variance`,
                                                        :func:`largest_eigenvalue_law`
singular values of a signal in any noise                :func:`spikes_in_general_noise`
======================================================  ==========================================

The laws have the methods of SciPy's frozen distributions. Beyond the literature: their distribution
functions in closed form, with the digits of both tails where that is cheap; the variance of noise
from a median (:func:`median_noise_variance`), the weights that denoise scores
(:func:`score_shrinkage`, :func:`training_weights`, :func:`new_sample_weights`), and the law of the
largest singular value of noise with unequal variances (:func:`separable_noise_law`). The losses are
named in :data:`SHRINKAGE_LOSSES`.

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
:func:`tracy_widom_ppf`), and how sparse a matrix may be for a loss that is allowed
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
from skrmt.theory._eigenvalue_shrinkage import (
    SHRINKAGE_LOSSES,
    shrink_eigenvalues,
    spiked_covariance_loss,
)
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
from skrmt.theory._general_marchenko_pastur import GeneralMarchenkoPastur
from skrmt.theory._general_noise import spikes_in_general_noise
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
)
from skrmt.theory._kronecker_subgraphs import SUBGRAPHS, expected_subgraph_counts
from skrmt.theory._lloyd_max import lloyd_max_levels
from skrmt.theory._marchenko_pastur import (
    MarchenkoPastur,
    marchenko_pastur_cdf,
    marchenko_pastur_median,
)
from skrmt.theory._noise_level import (
    largest_eigenvalue_law,
    median_noise_variance,
    noise_variance,
)
from skrmt.theory._nonlinear_shrinkage import nonlinear_shrinkage
from skrmt.theory._phase_kernel import (
    PHASE_SCALE,
    phase_kernel,
    phase_moments,
    phase_standard_error,
)
from skrmt.theory._ridge_risk import PredictedRisk, ridge_risk, sketched_ensemble_risk
from skrmt.theory._separable_noise import separable_noise_law
from skrmt.theory._shrinkage_loss import shrinkage_loss
from skrmt.theory._singular_value_shrinkage import (
    denoising_loss,
    hard_threshold,
    shrink_singular_values,
)
from skrmt.theory._spiked_model import (
    new_sample_weights,
    score_shrinkage,
    spike_backward,
    spike_forward,
    spike_squared_cosine,
    training_weights,
)
from skrmt.theory._spurious_eigenvalues import spurious_eigenvalues
from skrmt.theory._target_kernels import Activation, InnerProductKernel, RadialKernel
from skrmt.theory._ternary_thresholds import (
    TernaryActivation,
    solve_ternary,
    ternary_moments,
)
from skrmt.theory._tracy_widom import (
    TracyWidom,
    tracy_widom_cdf,
    tracy_widom_ppf,
    tracy_widom_sf,
)

__all__ = [
    "ACTIVATIONS",
    "KERNELS",
    "PHASE_SCALE",
    "SHRINKAGE_LOSSES",
    "SUBGRAPHS",
    "Activation",
    "GeneralMarchenkoPastur",
    "HardThreshold",
    "HermiteCoefficients",
    "InnerProductKernel",
    "KernelMoments",
    "KroneckerSpectrum",
    "MarchenkoPastur",
    "OddQuantizer",
    "PredictedRisk",
    "RadialKernel",
    "TernaryActivation",
    "TracyWidom",
    "activation_moments",
    "attenuated_initiator",
    "concatenated_moments",
    "degrees_of_freedom",
    "denoising_loss",
    "density_for_tolerance",
    "edge_pvalues",
    "edge_scale",
    "edge_shift",
    "empty_graph_log_likelihood",
    "ensemble_risk",
    "equivalent_kernel",
    "expected_subgraph_counts",
    "gcv_factor",
    "hard_threshold",
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
    "largest_eigenvalue_law",
    "lloyd_max_levels",
    "marchenko_pastur_cdf",
    "marchenko_pastur_median",
    "matched_share",
    "median_noise_variance",
    "misclassification_rate",
    "new_sample_weights",
    "noise_variance",
    "nonlinear_shrinkage",
    "phase_kernel",
    "phase_moments",
    "phase_standard_error",
    "phase_transition",
    "ridge_risk",
    "ridge_shift",
    "risk_components",
    "score_shrinkage",
    "separable_noise_law",
    "shrink_eigenvalues",
    "shrink_singular_values",
    "shrinkage_loss",
    "sketched_ensemble_risk",
    "sketched_ridge_for",
    "solve_ternary",
    "sparse_weight_comoment",
    "sparse_weight_kurtosis",
    "spike_alignment",
    "spike_backward",
    "spike_eigenvalue",
    "spike_forward",
    "spike_squared_cosine",
    "spike_strength",
    "spiked_covariance_loss",
    "spikes_in_general_noise",
    "spurious_eigenvalues",
    "ternary_moments",
    "tracy_widom_cdf",
    "tracy_widom_ppf",
    "tracy_widom_sf",
    "training_weights",
]
