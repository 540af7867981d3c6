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
N_PREDICTED = 1024  # features whose noise is compared with theory, in N_DRAWS draws
N_DRAWS = 6


def _model(features):
    return make_pipeline(StandardScaler(), features, RidgeClassifier())


def _search(features, gamma):
    """Grid search of a model; the same grid whatever the features."""
    model = _model(features)
    step = model.steps[1][0]
    grid = {
        f"{step}__gamma": [gamma / 4, gamma / 2, gamma],
        "ridgeclassifier__alpha": [0.1, 1.0],
    }
    return GridSearchCV(model, grid, cv=3)


def _transform_seconds(features, X, repeats=7):
    """Shortest time of the features alone: what disturbs a run makes it longer."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        features.transform(X)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def _measure(name, model, split):
    X, X_test, y, y_test = split
    start = time.perf_counter()
    model.fit(X, y)
    fitted = time.perf_counter()
    score = model.score(X_test, y_test)
    end = time.perf_counter()
    scaler, features, _ = getattr(model, "best_estimator_", model)
    X = scaler.transform(X)
    return Measurement(
        name,
        score,
        fitted - start,
        end - fitted,
        _transform_seconds(features, X),
        features.transform(X).nbytes,
    )


def _centred(K):
    K = K - K.mean(axis=0)
    return K - K.mean(axis=1, keepdims=True)


def _observed(X, **parameters):
    """Noise of an off-diagonal kernel entry and mean variance of a feature, over draws.

    Each with its standard error, which is that of a mean over independent draws.
    """
    kernels = []
    for seed in range(N_DRAWS):
        features = TernaryRandomFeatures(
            N_PREDICTED, dtype="packed", random_state=seed, **parameters
        )
        gram = ternary_gram(features.fit_transform(X), n_components=N_PREDICTED)
        kernels.append(_centred(features.scale_**2 / N_PREDICTED * gram))
    off_diagonal = ~np.eye(len(X), dtype=bool)
    # The mean over draws takes one degree of freedom.
    squares = np.mean((kernels - np.mean(kernels, axis=0))[:, off_diagonal] ** 2, axis=1)
    squares *= N_DRAWS / (N_DRAWS - 1)
    noise = np.sqrt(squares.mean())
    variances = np.trace(kernels, axis1=1, axis2=2) / len(X)
    standard_error = [squares.std(ddof=1) / (2 * noise), variances.std(ddof=1)]
    return [noise, variances.mean()], np.array(standard_error) / np.sqrt(N_DRAWS), features


def _predicted(X, **parameters):
    """What theory says of the same two from the norms of the rows alone."""
    features = TernaryRandomFeatures(N_PREDICTED, random_state=0, **parameters).fit(X)
    return np.array([features.predicted_standard_error_, features.ternary_moments_.variance])


def _effect_of_spread(rows, features):
    """Relative change of both predictions when squared distances are not all 2 tau.

    The theory puts every pair at the mean squared distance. To second order, distances with a
    relative standard deviation s about it count as half of the pairs at 1 + s and half at 1 - s:
    the mean of the predictions for data scaled to either.
    """
    distances = (1 - rows @ rows.T)[np.triu_indices(len(rows), 1)]
    spread = distances.std() / distances.mean()
    fixed = {"gamma": features.gamma_, "projection": "gaussian"}
    either = [_predicted(rows * np.sqrt(1 + sign * spread), **fixed) for sign in (-1, 1)]
    return spread, np.abs(np.mean(either, axis=0) / _predicted(rows, **fixed) - 1)


def _predictions(X):
    """The theory knows tau only: rows of one norm, and the spread of their distances beside it."""
    rows = X[:600] / np.linalg.norm(X[:600], axis=1, keepdims=True)
    observed, standard_errors, features = _observed(rows, projection="gaussian")
    predicted = _predicted(rows, projection="gaussian")
    spread, effects = _effect_of_spread(rows, features)
    (blocks, _), _, default = _observed(rows)
    tolerances = 2 * effects + 3 * standard_errors / predicted
    names = (
        f"noise of a kernel entry, {N_PREDICTED} independent features",
        "variance of a feature (kernel diagonal, centred)",
    )
    predictions = [
        Prediction(
            name,
            *map(float, numbers),
            f"squared distances spread by {spread:.0%} about their mean, which shifts this by "
            f"{effect:.1%} to second order; twice that, and 3 standard errors of {N_DRAWS} draws",
        )
        for name, effect, *numbers in zip(
            names, effects, predicted, observed, tolerances, strict=True
        )
    ]
    note = (
        f"The default projection ({default.projection_!r}) draws the weights in orthogonal blocks: "
        f"its noise is {blocks:.4f}, that of {(observed[0] / blocks) ** 2:.2f} times as many "
        "independent features."
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

    ternary = TernaryRandomFeatures(N_COMPONENTS, gamma=gamma, random_state=0)
    sampler = RBFSampler(n_components=N_COMPONENTS, gamma=gamma, random_state=0)
    for features in (ternary, sampler):  # what only the first call does is not timed
        _measure("", _model(features), split)
    measurements = [
        _measure("TernaryRandomFeatures", _model(ternary), split),
        _measure("RBFSampler", _model(sampler), split),
        _measure("TernaryRandomFeatures, GridSearchCV", _search(ternary, gamma), split),
        _measure("RBFSampler, GridSearchCV", _search(sampler, gamma), split),
    ]
    floats = measurements[0].feature_bytes
    X = StandardScaler().fit_transform(split[0])
    packed = TernaryRandomFeatures(N_COMPONENTS, gamma=gamma, dtype="packed", random_state=0)
    packed_bytes = packed.fit_transform(X).nbytes
    packed_seconds = _transform_seconds(packed, X)

    predictions, note = _predictions(split[0] - split[0].mean(axis=0))
    scores = _scores_by_size(split, gamma)

    return Report(
        f"TernaryRandomFeatures: digits, {n_train} training rows, {n_features} inputs, "
        f"{N_COMPONENTS} features, Pipeline(StandardScaler, features, RidgeClassifier)",
        measurements,
        predictions,
        [
            f"With dtype='packed' the same features take {packed_bytes / 1000:,.0f} kB instead of "
            f"{floats / 1000:,.0f} kB, {floats / packed_bytes:.0f} times less, and "
            f"{1000 * packed_seconds:.2f} ms.",
            note,
        ],
        partial(_draw, scores),
    )
