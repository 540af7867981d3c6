# SPDX-License-Identifier: BSD-3-Clause
"""Every estimator of the package, in the variants that tests run on all of them."""

import importlib
import inspect
import pkgutil

import pytest
from sklearn.base import BaseEstimator
from sklearn.utils import get_tags

import skrmt
from skrmt.base import SkrmtEstimator

# Class name -> parameters of the variants that are checked beside the default instance.
# A class that is missing fails `test_every_estimator_has_an_entry`.
VARIANTS = {
    "AnalyticalShrinkage": [
        {"scale": True},
        {"assume_centered": True, "store_precision": False},
        {"ddof": 3.0},
    ],
    "KroneckerGraphFeatures": [{"counts": False}, {"directed": True}],
    "KroneckerGraphInference": [
        {"solver": "mle", "burn_in": 5, "n_sweeps": 2, "n_iter": 3, "n_posterior_samples": 2},
        {"solver": "mle", "initiator_size": 3, "burn_in": 5, "n_iter": 2, "n_bootstrap": 0},
        {"solver": "counts"},
        {"solver": "denoise"},
        {"n_bootstrap": 0, "n_levels": 9},
        {"directed": True},
    ],
    "RMTPCA": [
        {"n_components": 2},
        {"n_components": "signflip", "n_flips": 5},
        {"n_components": "kn", "whiten": True},
        {"n_components": "gavish-donoho", "noise": "general"},
        {"n_components": 2, "svd_solver": "arpack"},
        {"n_components": 2, "svd_solver": "full", "noise": "white"},
    ],
    "SketchedRidgeCV": [],
    "SketchedRidgeClassifier": [
        {"n_members": 3, "sketch_size": 0.5, "criterion": "gcv"},
        {"sketch_size": 0.5, "class_weight": "balanced", "sketch": "countsketch"},
        {"sketch": None, "alphas": [0.1, 1.0, 10.0], "scoring": "accuracy"},
    ],
    "SketchedRidgeEnsemble": [
        {"n_members": 3, "sketch_size": 0.5},
        {"sketch_size": 0.4, "criterion": "gcv", "sketch": "sparse", "sketch_nnz": 2},
        {"sketch_size": 0.6, "alphas": 0.5, "partition": False, "fit_intercept": False},
        {"sketch": None, "alphas": [0.1, 1.0, 10.0], "store_cv_results": True, "scoring": "r2"},
        {"sketch_size": 0.5, "sketch": "gaussian", "negative_alphas": True},
    ],
    "SparseQuantizedSpectralClustering": [
        {"n_clusters": 2, "affinity": "signed"},
        {"n_clusters": 2, "affinity": "signed", "kernel": "ternary", "density": 0.3},
        {"n_clusters": 3, "affinity": "signed", "kernel": "sparse", "assign_labels": "cluster_qr"},
        {"n_clusters": 2, "affinity": "similarity", "metric": "cosine"},
        {"n_clusters": 3, "affinity": "similarity", "assign_labels": "discretize"},
    ],
    "SpikedCovariance": [
        {"loss": "stein"},
        {"loss": "operator", "noise_variance": 1.0, "assume_centered": True},
    ],
    "TernaryRandomFeatures": [
        {"n_components": 70, "activation": "threshold", "projection": "sparse"},
        {"n_components": 70, "activation": "phase", "projection": "hadamard"},
        {"n_components": 70, "projection": "gaussian"},
        {"n_components": 70, "kernel": "relu"},
        {"n_components": 70, "dtype": "float32"},
        {"n_components": 70, "dtype": "int8"},
        {"n_components": 70, "dtype": "packed"},
        {"n_components": 70, "kernel": "relu", "dtype": "packed"},
    ],
}


def all_estimators():
    """List name and class of each public estimator.

    An estimator is public when a module whose path has no part with a leading underscore names
    it in its `__all__`.
    """
    found = {}
    for info in pkgutil.walk_packages(skrmt.__path__, prefix="skrmt."):
        if any(part.startswith("_") for part in info.name.split(".")):
            continue
        module = importlib.import_module(info.name)
        for name in getattr(module, "__all__", ()):
            member = getattr(module, name)
            if (
                inspect.isclass(member)
                and issubclass(member, BaseEstimator)
                and member is not SkrmtEstimator
                and not inspect.isabstract(member)
            ):
                found[name] = member
    return sorted(found.items())


def _instances():
    for name, Estimator in all_estimators():
        for parameters in [{}, *VARIANTS.get(name, [])]:
            yield Estimator(**parameters)


INSTANCES = list(_instances())
# Scikit-learn's checks feed tables. What takes a list of graphs has tests of its own for the same.
TABULAR = [estimator for estimator in INSTANCES if get_tags(estimator).input_tags.two_d_array]

# The data of these checks is tiny; an estimator may say that its theory does not hold there.
# and the best of a given grid of penalties often lies on its edge.
_theory = pytest.mark.filterwarnings("ignore::skrmt.exceptions.TheoryWarning")
_edge = pytest.mark.filterwarnings("ignore:The best of alphas is the")


_components = pytest.mark.filterwarnings("ignore:The graph has .* connected components")


def toy_data(test):
    """Ignore the warnings that tiny data earn."""
    return _theory(_edge(_components(test)))


def one_line(estimator):
    return " ".join(repr(estimator).split())


def of(instances):
    """Run a test of ours for each of these instances."""
    cases = pytest.mark.parametrize("estimator", instances, ids=one_line)
    return lambda test: toy_data(cases(test))
