# SPDX-License-Identifier: BSD-3-Clause
"""Competitors that map rows to random features, each set up for the same Gaussian kernel.

An adaptor takes the number of features, the kernel's ``gamma`` and a seed, and returns an unfitted
transformer. `BITS` is what one feature of a row takes in storage.
"""

from functools import partial

from sklearn.kernel_approximation import RBFSampler

from skrmt.kernel_approximation import TernaryRandomFeatures


def rbf_sampler(n_components, gamma, seed):
    """Random Fourier features in floating point, of scikit-learn."""
    return RBFSampler(gamma=gamma, n_components=n_components, random_state=seed)


def ternary(n_components, gamma, seed, **options):
    """Ternary features; `options` are parameters of TernaryRandomFeatures."""
    return TernaryRandomFeatures(n_components, gamma=gamma, random_state=seed, **options)


FEATURE_MAPS = {
    "RBFSampler": rbf_sampler,
    "phase sparse": partial(ternary, activation="phase", projection="sparse"),
    "phase hadamard": partial(ternary, activation="phase", projection="hadamard"),
    "phase gaussian": partial(ternary, activation="phase", projection="gaussian"),
    "threshold sparse": partial(ternary, activation="threshold", projection="sparse"),
    "threshold hadamard": partial(ternary, activation="threshold", projection="hadamard"),
    "threshold gaussian": partial(ternary, activation="threshold", projection="gaussian"),
}

BITS = {name: 32 if name == "RBFSampler" else 2 for name in FEATURE_MAPS}
