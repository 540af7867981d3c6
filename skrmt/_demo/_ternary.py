# SPDX-License-Identifier: BSD-3-Clause
"""Demo of TernaryRandomFeatures: handwritten digits, in a pipeline, beside RBFSampler."""

import time
from functools import partial

import numpy as np
from sklearn.datasets import load_digits
from sklearn.kernel_approximation import RBFSampler
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrmt._demo._report import Measurement, Prediction, Report
from skrmt.kernel_approximation import TernaryRandomFeatures, ternary_gram

N_COMPONENTS = 2048
SIZES = (32, 64, 128, 256, 512, 1024, 2048)


def _model(features):
    return make_pipeline(StandardScaler(), features, RidgeClassifier())


def _measure(name, model, split, feature_bytes):
    X, X_test, y, y_test = split
    start = time.perf_counter()
    model.fit(X, y)
    fitted = time.perf_counter()
    score = model.score(X_test, y_test)
    end = time.perf_counter()
    return Measurement(name, score, fitted - start, end - fitted, feature_bytes)


def _centred(K):
    K = K - K.mean(axis=0)
    return K - K.mean(axis=1, keepdims=True)


def _observed_moments(X, n_draws=6, **parameters):
    """Noise of an off-diagonal kernel entry and mean variance of a feature, over draws."""
    kernels = []
    for seed in range(n_draws):
        features = TernaryRandomFeatures(1024, dtype="packed", random_state=seed, **parameters)
        gram = ternary_gram(features.fit_transform(X), n_components=1024)
        kernels.append(_centred(features.scale_**2 / 1024 * gram))
    off_diagonal = ~np.eye(len(X), dtype=bool)
    noise = np.sqrt(np.var(kernels, axis=0, ddof=1)[off_diagonal].mean())
    return noise, np.mean(kernels, axis=0).diagonal().mean(), features


def _predictions(X):
    """The theory knows tau only; it is exact where all rows have the same norm."""
    rows = X[:600] / np.linalg.norm(X[:600], axis=1, keepdims=True)
    noise, variance, features = _observed_moments(rows, projection="gaussian")
    blocks, _, _ = _observed_moments(rows)
    predictions = [
        Prediction(
            "noise of a kernel entry, 1024 independent features",
            features.predicted_standard_error_,
            noise,
            0.10,
            "rows of real images are not orthogonal, which the limit takes them to be",
        ),
        Prediction(
            "variance of a feature (kernel diagonal, centred)",
            features.ternary_moments_.variance,
            variance,
            0.05,
            "distances spread around their mean, and the kernel is curved",
        ),
    ]
    note = (
        f"The default projection, in orthogonal blocks, has noise {blocks:.4f}: "
        f"{1 - (blocks / noise) ** 2:.0%} fewer features for the same kernel."
    )
    return predictions, note


def _scores_by_size(split, gamma):
    """Accuracy for each number of features, of both."""
    X, X_test, y, y_test = split
    scores = {"ternary": [], "RBFSampler": []}
    for size in SIZES:
        for name, features in [
            ("ternary", TernaryRandomFeatures(size, gamma=gamma, random_state=0)),
            ("RBFSampler", RBFSampler(n_components=size, gamma=gamma, random_state=0)),
        ]:
            scores[name].append(_model(features).fit(X, y).score(X_test, y_test))
    return scores


def _draw(scores, axes):
    """Accuracy against the memory of the features of one row."""
    sizes = np.array(SIZES)
    axes.semilogx(8 * sizes, scores["RBFSampler"], "s--", color="0.4", label="RBFSampler, float64")
    axes.semilogx(sizes / 4, scores["ternary"], "o-", color="C0", label="ternary, packed")
    axes.set_xlabel("bytes of features a row")
    axes.set_ylabel("accuracy on held-out digits")
    axes.set_title("Ternary random features: accuracy against memory")
    axes.grid(alpha=0.3)
    axes.legend()


def ternary_report() -> Report:
    """Run the demo of TernaryRandomFeatures.

    Returns
    -------
    report : Report
        Accuracy, time and memory beside RBFSampler at the same gamma and after a grid search;
        predicted and observed moments of the kernel.
    """
    data = load_digits()
    split = train_test_split(data.data, data.target, random_state=0, stratify=data.target)
    n_train, n_features = split[0].shape
    gamma = 1 / (2 * n_features)  # 1 / (2 tau) of standardised columns
    floats = 8 * n_train * N_COMPONENTS

    ternary = TernaryRandomFeatures(N_COMPONENTS, gamma=gamma, random_state=0)
    sampler = RBFSampler(n_components=N_COMPONENTS, gamma=gamma, random_state=0)
    grid = [gamma / 4, gamma / 2, gamma]
    searched = [
        GridSearchCV(_model(features), {f"{step}__gamma": grid, **more}, cv=3)
        for features, step, more in [
            (
                ternary,
                "ternaryrandomfeatures",
                {"ternaryrandomfeatures__projection": ["sparse", "hadamard"]},
            ),
            (sampler, "rbfsampler", {}),
        ]
    ]
    measurements = [
        _measure("TernaryRandomFeatures", _model(ternary), split, floats),
        _measure("RBFSampler", _model(sampler), split, floats),
        _measure("TernaryRandomFeatures, GridSearchCV", searched[0], split, floats),
        _measure("RBFSampler, GridSearchCV", searched[1], split, floats),
    ]
    packed = TernaryRandomFeatures(N_COMPONENTS, gamma=gamma, dtype="packed", random_state=0)
    packed_bytes = packed.fit(split[0]).transform(split[0]).nbytes

    predictions, note = _predictions(split[0] - split[0].mean(axis=0))
    scores = _scores_by_size(split, gamma)

    return Report(
        f"TernaryRandomFeatures: digits, {n_train} training rows, {n_features} inputs, "
        f"{N_COMPONENTS} features, Pipeline(StandardScaler, features, RidgeClassifier)",
        measurements,
        predictions,
        [
            f"With dtype='packed' the same features take {packed_bytes / 1000:,.0f} kB instead of "
            f"{floats / 1000:,.0f} kB, {floats / packed_bytes:.0f} times less.",
            note,
        ],
        partial(_draw, scores),
    )
