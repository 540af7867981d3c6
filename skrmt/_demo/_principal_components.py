# SPDX-License-Identifier: BSD-3-Clause
"""Demo of RMTPCA: digits under noise, and what a fit says of components, beside the truth."""

import time
import warnings
from functools import partial

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrmt._demo._report import Measurement, Prediction, Report, mean_prediction, mixing
from skrmt.decomposition import RMTPCA
from skrmt.exceptions import TheoryWarning
from skrmt.theory import GeneralMarchenkoPastur

N_TRAIN, NOISE = 1000, 4.0  # the standard deviation of the noise; ink goes from 0 to 16
N_DRAWS = 10
N_SAMPLES, N_FEATURES = 400, 200
STRENGTHS = np.array([12.0, 5.0])
WEAKER = 1  # the component that predictions are about


def _measure(name, pca, split):
    """Return the measurement, and the fitted components."""
    (X, X_test), (y, y_test) = split
    model = make_pipeline(pca, StandardScaler(), LogisticRegression(max_iter=1000))
    with warnings.catch_warnings():
        # Digits have more components than "kn" takes for few; a note of the report says so.
        warnings.filterwarnings("ignore", ".*n_components='kn'", TheoryWarning)
        start = time.perf_counter()
        model.fit(X, y)
        fitted = time.perf_counter()
    score = model.score(X_test, y_test)
    end = time.perf_counter()
    return Measurement(name, score, fitted - start, end - fitted), model[0]


def _draw(seed):
    """Axes, noise variances, and two sets of samples with their signals."""
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.standard_normal((N_FEATURES, len(STRENGTHS))))[0].T
    variances = rng.gamma(3.0, 1 / 3.0, N_FEATURES)
    sets = []
    for _ in range(2):
        scores = rng.standard_normal((N_SAMPLES, len(STRENGTHS))) * np.sqrt(STRENGTHS)
        signal = scores @ axes
        sets.append((signal + rng.standard_normal(signal.shape) * np.sqrt(variances), signal))
    return axes, variances, *sets


def _mean_square(difference):
    return float(np.mean(difference**2))


def _predictions():
    """Hold what fits say against the truth; return the first data set, fit and noise too."""
    told, seen, ranks, first = [], [], [], None
    for seed in range(N_DRAWS):
        axes, variances, (X, signal), (X_new, signal_new) = _draw(seed)
        # Where another rank is found, the number of components says so, and not all the rest.
        ranks.append(RMTPCA().fit(X).n_components_)
        pca = RMTPCA(len(STRENGTHS))
        denoised = pca.fit_denoise(X)
        first = first or (X, pca, variances)
        scores, new = pca.transform(X)[:, WEAKER], pca.transform(X_new)[:, WEAKER]
        told.append(
            [
                pca.noise_variance_,
                pca.population_variance_[WEAKER],
                pca.cosines_[WEAKER],
                pca.score_shrinkage_[WEAKER],
                pca.predicted_fit_denoise_error_,
                pca.predicted_denoise_error_,
            ]
        )
        seen.append(
            [
                variances.mean(),
                STRENGTHS[WEAKER] + variances.mean(),
                abs(pca.components_[WEAKER] @ axes[WEAKER]),
                new.std(ddof=1) / scores.std(ddof=1),
                _mean_square(denoised - signal),
                _mean_square(pca.denoise(X_new) - signal_new),
            ]
        )
    names = (
        "mean variance of the noise",
        "population variance of the second component",
        "cosine of its axis and the true one",
        "scores of new samples, relative to those of the fit",
        "mean squared error of fit_denoise",
        "mean squared error of denoise on new samples",
    )
    predictions = [
        Prediction(
            "number of components, mean of the draws",
            len(STRENGTHS),
            float(np.mean(ranks)),
            # Level .95: one draw in twenty may find one more.
            float((0.05 + 3 * np.sqrt(0.05 * 0.95 / N_DRAWS)) / len(STRENGTHS)),
            f"one draw in twenty may find one more, and 3 binomial errors of {N_DRAWS} draws",
        )
    ]
    mixed = mixing(STRENGTHS + 1, WEAKER, N_SAMPLES)
    for name, predicted, observed in zip(
        names, np.transpose(told), np.transpose(seen), strict=True
    ):
        room = "", 0.0
        if "cosine" in name:
            room = ", and what the axes mix in a sample", mixed * predicted.mean()
        predictions.append(mean_prediction(name, predicted, observed, *room[::-1]))
    return predictions, first


def _draw_panel(first, axes):
    """The spectrum of the first draw, the law of its noise, and the p-values of its components."""
    X, pca, variances = first
    law = GeneralMarchenkoPastur(variances, N_FEATURES / (N_SAMPLES - 1))
    eigenvalues = np.linalg.eigvalsh(np.cov(X.T))
    edge = law.edges[-1, 1]
    axes.hist(eigenvalues, 90, density=True, color="C0", alpha=0.35, label="eigenvalues observed")
    x = np.linspace(1e-3, edge, 400)
    axes.plot(x, law.pdf(x), color="k", lw=1.2, label="law of the noise")
    for variance, pvalue in zip(pca.explained_variance_, pca.pvalues_, strict=True):
        axes.annotate(
            f"p = {pvalue:.0e}",
            (variance, 0.01),
            xytext=(0, 60),
            textcoords="offset points",
            ha="center",
            arrowprops={"arrowstyle": "->", "color": "C3"},
        )
    axes.set_xlim(0, 1.1 * eigenvalues[-1])
    axes.set_ylim(0, 1)
    axes.set_xlabel("eigenvalue of the sample covariance matrix")
    axes.set_ylabel("density")
    axes.set_title("Principal components beyond the law of the noise")
    axes.grid(alpha=0.3)
    axes.legend()


def principal_components_report() -> Report:
    """Run the demo of RMTPCA.

    Returns
    -------
    report : Report
        Digits under noise, classified from their components, beside PCA; what fits say of drawn
        data, beside the truth.
    """
    clean, y = load_digits(return_X_y=True)
    noisy = clean + NOISE * np.random.default_rng(0).standard_normal(clean.shape)
    parts = train_test_split(clean, noisy, y, train_size=N_TRAIN, random_state=0)
    split = parts[2:4], parts[4:6]
    models = {
        "RMTPCA()": RMTPCA(),
        'RMTPCA("kn")': RMTPCA("kn"),
        'PCA("mle")': PCA("mle"),
        "PCA(0.95)": PCA(0.95),
        "PCA(), all components": PCA(),
    }
    _measure("", clone(models["RMTPCA()"]), split)  # what only the first call does
    measurements, fits = zip(
        *(_measure(name, pca, split) for name, pca in models.items()), strict=True
    )
    ours, _, mle, share, _ = fits
    given, wanted = parts[3], parts[1]
    errors = [
        _mean_square(found - wanted)
        for found in (
            given,
            ours.denoise(given),
            *(pca.inverse_transform(pca.transform(given)) for pca in (mle, share)),
        )
    ]
    predictions, first = _predictions()
    return Report(
        f"RMTPCA: digits under noise of standard deviation {NOISE:g}, {N_TRAIN} training rows, "
        "Pipeline(components, StandardScaler, LogisticRegression); below, drawn data of "
        f"{N_SAMPLES} rows with {N_FEATURES} features, noise of unequal variances",
        list(measurements),
        predictions,
        [
            f'It keeps {ours.n_components_} components, RMTPCA("kn") {fits[1].n_components_}, '
            f'PCA("mle") {mle.n_components_}, PCA(0.95) {share.n_components_}, of '
            f'{clean.shape[1]}. Where components are so many, as here, "kn" finds more of '
            "them than the default, and warns that they are not few.",
            f"Mean squared error of a new digit's pixel: {errors[0]:.1f} as given, {errors[1]:.1f} "
            f'after denoise, {errors[2]:.1f} and {errors[3]:.1f} after PCA("mle") and PCA(0.95).',
        ],
        partial(_draw_panel, first),
    )
