# SPDX-License-Identifier: BSD-3-Clause
"""Demo of the quantised spectral clustering: digits beside its peers, mixtures beside their law.

On the digits, in similarity mode, there are scores and no theory. The mixture ``x = ±mu + z``, in
signed mode, has the law of the papers, so that what is said of it before the data, or without the
labels, can be held against what happened.
"""

import time
import tracemalloc
import warnings
from functools import partial

import numpy as np
from sklearn.base import clone
from sklearn.cluster import KMeans, SpectralClustering
from sklearn.datasets import load_digits
from sklearn.feature_selection import VarianceThreshold
from sklearn.metrics import normalized_mutual_info_score
from sklearn.pipeline import make_pipeline

from skrmt._demo._report import Measurement, Prediction, Report, mean_prediction
from skrmt.cluster import SparseQuantizedSpectralClustering
from skrmt.theory import (
    OddQuantizer,
    edge_scale,
    inner_kernel_density,
    inner_kernel_edges,
    misclassification_rate,
    spike_eigenvalue,
)

N_CLASSES = 10  # of the digits
N_SAMPLES, N_FEATURES, SNR = 2000, 1000, 3.0  # of the mixture of two
N_DRAWS = 6
N_COUNTED, SNR_COUNTED = 4, 6.0  # of the mixture whose clusters are counted
# Mean and standard deviation of the Tracy-Widom law, beta = 1.
TRACY_WIDOM = -1.2065, 1.2680


def _clustering(**parameters):
    return SparseQuantizedSpectralClustering(
        affinity="signed", kernel="sign", random_state=0, **parameters
    )


def _measure(name, estimator, X, y):
    """NMI, time and memory of a pipeline; the memory in a run that is not timed."""
    model = make_pipeline(VarianceThreshold(), estimator)
    with warnings.catch_warnings():
        # With few neighbors the peer's graph falls apart; its score says what comes of it.
        warnings.filterwarnings("ignore", "Graph is not fully connected", UserWarning)
        start = time.perf_counter()
        labels = model.fit_predict(X)
        seconds = time.perf_counter() - start
        tracemalloc.start()
        try:
            clone(model).fit(X)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    score = normalized_mutual_info_score(y, labels)
    return Measurement(name, float(score), seconds, fit_bytes=peak)


def _mixture(directions, label, rng):
    """Rows of a mixture with identity covariance; one row of `directions` a class."""
    return rng.standard_normal((len(label), N_FEATURES)) + directions[label]


def _two_classes(seed):
    """Rows around ±mu with ``|mu|^2 = SNR``, and their labels."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, N_SAMPLES)
    direction = np.full((1, N_FEATURES), np.sqrt(SNR / N_FEATURES))
    return _mixture(np.concatenate([direction, -direction]), label, rng), label


def _many_classes(seed):
    """Rows of classes with orthogonal means, each spike of strength SNR_COUNTED."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, N_COUNTED, N_SAMPLES)
    means = np.sqrt(N_COUNTED * SNR_COUNTED) * np.eye(N_COUNTED, N_FEATURES)
    return _mixture(means, label, rng)


def _error(found, label):
    """Share of wrong labels, of two classes."""
    share = float(np.mean(found != label))
    return min(share, 1 - share)


def _edge_prediction(law, second):
    """The largest eigenvalue of the noise beside the edge of the bulk."""
    unit = edge_scale(*law) * N_SAMPLES ** (-2 / 3)
    mean, deviation = TRACY_WIDOM
    predicted = inner_kernel_edges(*law)[1] + mean * unit
    return Prediction(
        "second eigenvalue, at the edge of the noise",
        float(predicted),
        float(second),
        float(3 * deviation * unit / predicted),
        f"3 standard deviations of the Tracy-Widom law at {N_SAMPLES} rows",
    )


def _predictions():
    """What the theory says of the mixtures, the law of that of two, and the first fit to it."""
    draws = [_two_classes(seed) for seed in range(N_DRAWS)]
    fits = [_clustering(n_clusters=2, n_components=2).fit(X) for X, _ in draws]
    errors = [_error(fit.labels_, label) for fit, (_, label) in zip(fits, draws, strict=True)]
    sign = OddQuantizer.sign().coefficients
    law = N_FEATURES / N_SAMPLES, sign.linear, sign.variance
    counted = _clustering(n_clusters="auto").fit(_many_classes(seed=0))
    rows = f" of {N_SAMPLES} rows"
    predictions = [
        mean_prediction(
            "error of the labels, before there are data",
            misclassification_rate(SNR, law[0], sign.kappa),
            errors,
            reason=rows,
        ),
        mean_prediction(
            "error of the labels, told by the fits without labels",
            [fit.expected_error_ for fit in fits],
            errors,
            reason=rows,
        ),
        mean_prediction(
            "leading eigenvalue",
            spike_eigenvalue(SNR, *law),
            [fit.eigenvalues_[0] for fit in fits],
            reason=rows,
        ),
        _edge_prediction(law, fits[0].eigenvalues_[1]),
        Prediction(
            "number of clusters",
            counted.n_clusters_,
            N_COUNTED,
            0.0,
            f"counted beyond the edge of the noise, beside the number that {N_SAMPLES} rows have",
        ),
    ]
    return predictions, law, fits[0]


def _draw(eigenvalues, law, axes):
    """The spectrum of the sign matrix, the predicted bulk and the predicted spike."""
    low, high = inner_kernel_edges(*law)
    spike = spike_eigenvalue(SNR, *law)
    axes.hist(eigenvalues, 80, density=True, color="C0", alpha=0.35, label="eigenvalues observed")
    x = np.linspace(low, high, 400)
    axes.plot(x, inner_kernel_density(x, *law), color="k", lw=1.2, label="theory, noise")
    axes.annotate(
        "spike of the clusters:\nbar observed, arrow theory",
        (spike, 0.005),
        xytext=(0, 60),
        textcoords="offset points",
        ha="center",
        arrowprops={"arrowstyle": "->", "color": "C3"},
    )
    axes.set_xlim(1.1 * low, 1.4 * spike)
    axes.set_xlabel("eigenvalue of the sign matrix")
    axes.set_ylabel("density")
    axes.set_title("Spectral clustering in one bit an entry")
    axes.grid(alpha=0.3)
    axes.legend()


def spectral_clustering_report() -> Report:
    """Run the demo of SparseQuantizedSpectralClustering.

    Returns
    -------
    report : Report
        NMI, time and memory on the digits beside SpectralClustering and KMeans; errors, eigenvalues
        and number of clusters of mixtures, predicted and observed.
    """
    X, y = load_digits(return_X_y=True)
    rbf = 1 / (X.shape[1] * X.var())  # what SVC calls gamma="scale"
    settings = {"n_clusters": N_CLASSES, "random_state": 0}
    ours = SparseQuantizedSpectralClustering(**settings)
    nearest = {"affinity": "nearest_neighbors", **settings}
    models = {
        "SparseQuantizedSpectralClustering": ours,
        "the same, cosine, 10 neighbors": clone(ours).set_params(metric="cosine", n_neighbors=10),
        "SpectralClustering, 10 neighbors": SpectralClustering(**nearest),
        "SpectralClustering, 5 neighbors": SpectralClustering(n_neighbors=5, **nearest),
        "SpectralClustering, rbf": SpectralClustering(gamma=rbf, **settings),
        "KMeans": KMeans(n_init=10, **settings),
    }
    clone(ours).fit(X)  # what only the first call does
    measurements = [_measure(name, model, X, y) for name, model in models.items()]
    half = clone(ours).fit(X[::2])
    seen, new = (
        normalized_mutual_info_score(y[rows], labels)
        for rows, labels in (
            (slice(0, None, 2), half.labels_),
            (slice(1, None, 2), half.predict(X[1::2])),
        )
    )

    predictions, law, fit = _predictions()
    eigenvalues = np.linalg.eigvalsh(fit.affinity_.toarray())
    dense = 8 * N_SAMPLES**2
    return Report(
        f"SparseQuantizedSpectralClustering: digits, {len(y)} rows, {N_CLASSES} clusters, "
        "Pipeline(VarianceThreshold, clustering); below, mixtures of "
        f"{N_SAMPLES} rows with {N_FEATURES} features, signs of the Gram matrix",
        measurements,
        predictions,
        [
            f"Fitted on half of the digits: NMI {seen:.3f} there, and {new:.3f} on the other half "
            "by predict, which SpectralClustering does not have. With so few rows the tiles of the "
            "similarities are most of the memory, and nothing is saved.",
            f"The matrix of signs takes {fit.affinity_.nbytes / 1000:,.0f} kB instead of "
            f"{dense / 1000:,.0f} kB in float64, {dense / fit.affinity_.nbytes:.0f} times less.",
        ],
        partial(_draw, eigenvalues, law),
        score_name="NMI",
    )
