# SPDX-License-Identifier: BSD-3-Clause
"""Errors of denoised data, and what is predicted of them, of variances, angles and the noise.

All methods of a study work on the same centred data, and errors are those of the centred signal, so
that the estimate of the mean, the same for all, does not count.
"""

import warnings
from functools import partial

import numpy as np
from scipy.linalg import svd
from sklearn.decomposition import PCA, FactorAnalysis

from benchmarks.columns import filled, mean_columns
from benchmarks.principal_components.planted import planted
from benchmarks.side_by_side import run_side_by_side
from skrmt.covariance import SpikedCovariance
from skrmt.decomposition import RMTPCA
from skrmt.theory import denoising_loss, median_noise_variance

# (n, p); singular values of the signal in units of sqrt(max(n, p)).
LOSS_SIZES, QUICK_LOSS_SIZES = ((300, 300), (200, 600)), ((60, 60),)
STRENGTHS = (1.2, 1.5, 2.0, 4.0)
LOSS_DRAWS = 20
OURS = {
    "RMTPCA": RMTPCA,
    "RMTPCA, all above the edge": partial(RMTPCA, 20, noise="white"),
    "RMTPCA, gavish-donoho": partial(RMTPCA, "gavish-donoho"),
}
TRUE_RANK, HINDSIGHT, HARD = "SVD at the true rank", "SVD, best rank in hindsight", "hard threshold"

# (n, p, eigenvalues of the population in units of the noise, noise)
# Unequal variances of the columns lift the edge, and heavy tails make components of single entries:
# weaker spikes are lost in such noise, and there is nothing to predict.
AXES_CASES = (
    (1000, 500, (10.0, 4.0, 2.5), "white"),
    (500, 1000, (10.0, 4.0, 3.5), "white"),
    (1000, 500, (20.0, 10.0, 6.0), "columns"),
    (500, 1000, (20.0, 10.0, 8.0), "columns"),
    (1000, 500, (40.0, 20.0, 10.0), "t(4)"),
    (500, 1000, (40.0, 20.0, 10.0), "t(4)"),
    # Weak spikes in unequal noise: what happens at its edge.
    (1000, 500, (10.0, 4.0, 2.5), "columns"),
)
QUICK_AXES_CASES = ((100, 50, (20.0, 10.0), "white"),)
AXES_DRAWS, N_NEW = 10, 1000
# Nothing but noise: n, and p / n.
NOISE_ROWS, NOISE_SHARES, NOISE_DRAWS, QUICK_ROWS = 2000, (0.1, 0.5, 0.9), 4, 200
NOISE_SPIKES = (30.0, 20.0, 10.0)
QUICK_DRAWS = 3

COLUMNS = (
    *("study", "n", "p", "noise", "method", "draws", "loss", "loss_se", "theory"),
    *("quantity", "component", "truth", "predicted", "predicted_se", "seen", "seen_se"),
)


def run(quick):
    """Rows of all studies, as many at a time as there are cores."""
    rows = QUICK_ROWS if quick else NOISE_ROWS
    tasks = [
        (noise_levels, {"n": rows, "p": round(rows * share), "spikes": spikes, "quick": quick})
        for share in reversed(NOISE_SHARES)
        for spikes in ((), NOISE_SPIKES)
    ]
    tasks += [
        (losses, {"n": n, "p": p, "quick": quick})
        for n, p in (QUICK_LOSS_SIZES if quick else LOSS_SIZES)
    ]
    tasks += [
        (predictions, {"n": n, "p": p, "levels": levels, "noise": noise, "quick": quick})
        for n, p, levels, noise in (QUICK_AXES_CASES if quick else AXES_CASES)
    ]
    yield from run_side_by_side("denoising", tasks)


def losses(n, p, quick):
    """Rows of the squared error of denoised training data, one for each method."""
    unit, k = max(n, p), len(STRENGTHS)
    names = (*OURS, TRUE_RANK, HINDSIGHT, HARD)
    found = {name: [] for name in names}
    n_draws = QUICK_DRAWS if quick else LOSS_DRAWS
    for seed in range(n_draws):
        rng = np.random.default_rng(seed)
        left, right = (np.linalg.qr(rng.standard_normal((size, k)))[0] for size in (n, p))
        signal = (left * (np.array(STRENGTHS) * unit**0.5)) @ right.T
        X = signal + rng.standard_normal((n, p))
        signal, X = signal - signal.mean(axis=0), X - X.mean(axis=0)
        U, s, Vt = svd(X, full_matrices=False)
        by_rank = [
            float(np.square((U[:, :r] * s[:r]) @ Vt[:r] - signal).sum()) for r in range(3 * k)
        ]
        found[TRUE_RANK].append(by_rank[k] / unit)
        found[HINDSIGHT].append(min(by_rank) / unit)
        with warnings.catch_warnings(action="ignore"):
            for name, make in OURS.items():
                denoised = make().fit_denoise(X)
                found[name].append(float(np.square(denoised - signal).sum()) / unit)
            kept = RMTPCA("gavish-donoho").fit(X).n_components_
        found[HARD].append(by_rank[kept] / unit)
    theory = float(sum(denoising_loss(1 + x**2, min(n, p) / unit) for x in STRENGTHS))
    rows = [
        {
            "study": "loss",
            "n": n,
            "p": p,
            "noise": "white",
            "method": name,
            "draws": n_draws,
            **mean_columns("loss", values),
            "theory": round(theory, 5),
        }
        for name, values in found.items()
    ]
    yield from filled(COLUMNS, rows)


def predictions(n, p, levels, noise, quick):
    """Rows of what is predicted, beside what is seen; the number of components is given."""
    k, n_draws = len(levels), QUICK_DRAWS if quick else AXES_DRAWS
    n_new = 100 if quick else N_NEW
    told, seen = {}, {}

    def note(method, quantity, component, prediction, value):
        told.setdefault((method, quantity, component), []).append(float(prediction))
        seen.setdefault((method, quantity, component), []).append(float(value))

    for seed in range(n_draws):
        spikes = np.array(levels) - 1
        sample = planted(n, p, spikes, noise, seed, n_new=n_new)
        X, X_new = sample.data[:n], sample.data[n:]
        pca, model = PCA(k).fit(X), RMTPCA(k, random_state=seed).fit(X)
        factors = FactorAnalysis(k, random_state=0).fit(X)
        noise_along = sample.axes**2 @ sample.column_variances
        truth = spikes + noise_along
        cosines = np.abs((model.components_ * sample.axes).sum(axis=1))
        scores, new = model.transform(X), model.transform(X_new)
        shrinkage = new.var(axis=0) / scores.var(axis=0)
        for j in range(k):
            note("RMTPCA", "variance", j, model.population_variance_[j], truth[j])
            note("PCA", "variance", j, pca.explained_variance_[j], truth[j])
            note("RMTPCA", "cosine", j, model.cosines_[j], cosines[j])
            expected = model.score_shrinkage_[j] ** 2
            note("RMTPCA", "variance of new scores", j, expected, shrinkage[j])
            weight = best_weight(new[:, j], sample.signal[n:], model.components_[j], model.mean_)
            note("RMTPCA", "weight of new scores", j, model.denoise_weights_[j], weight)
            weight = best_weight(scores[:, j], sample.signal[:n], model.components_[j], model.mean_)
            note("RMTPCA", "weight of training scores", j, model.fit_denoise_weights_[j], weight)
        mean_noise = sample.column_variances.mean()
        note("RMTPCA", "noise variance", "", model.noise_variance_, mean_noise)
        note("PCA", "noise variance", "", pca.noise_variance_, mean_noise)
        note("FactorAnalysis", "noise variance", "", factors.noise_variance_.mean(), mean_noise)
        error = np.square(model.denoise(X_new) - sample.signal[n:]).mean()
        note("RMTPCA", "error of new samples", "", model.predicted_denoise_error_, error)
        error = np.square(pca.inverse_transform(pca.transform(X_new)) - sample.signal[n:]).mean()
        note("PCA", "error of new samples", "", np.nan, error)
        fitted = RMTPCA(k, random_state=seed)
        error = np.square(fitted.fit_denoise(X) - sample.signal[:n]).mean()
        note("RMTPCA", "error of training data", "", fitted.predicted_fit_denoise_error_, error)
        error = np.square(pca.inverse_transform(pca.transform(X)) - sample.signal[:n]).mean()
        note("PCA", "error of training data", "", np.nan, error)
    rows = []
    for (method, quantity, component), values in told.items():
        row = {
            "study": "prediction",
            "n": n,
            "p": p,
            "noise": noise,
            "method": method,
            "draws": n_draws,
            "quantity": quantity,
            "component": component if component == "" else levels[component],
            **mean_columns("seen", seen[method, quantity, component]),
        }
        if not np.isnan(values).any():
            row |= mean_columns("predicted", values)
        rows.append(row)
    yield from filled(COLUMNS, rows)


def best_weight(scores, signal, axis, mean):
    """Weight of the scores along an axis that leaves the least squared error."""
    return scores @ ((signal - mean) @ axis) / (scores @ scores)


def noise_levels(n, p, spikes, quick):
    """Rows of the variance of white noise, one for each method; 1 is right."""
    n_draws = QUICK_DRAWS if quick else NOISE_DRAWS
    found = {}
    for seed in range(n_draws):
        X = planted(n, p, spikes, "white", seed).data
        X -= X.mean(axis=0)
        lam = np.linalg.eigvalsh(X.T @ X / (n - 1))
        with warnings.catch_warnings(action="ignore"):
            values = {
                "median over 1 + p/n": np.median(lam) / (1 + p / n),
                "median over the median of the law": median_noise_variance(lam, n - 1, p),
                "SpikedCovariance": SpikedCovariance().fit(X).noise_variance_,
                "RMTPCA": RMTPCA().fit(X).noise_variance_,
                "PCA at the true rank": PCA(len(spikes)).fit(X).noise_variance_
                if spikes
                else lam.mean(),
            }
        for name, value in values.items():
            found.setdefault(name, []).append(float(value))
    rows = [
        {
            "study": "noise",
            "n": n,
            "p": p,
            "noise": "spikes" if spikes else "alone",
            "method": name,
            "draws": n_draws,
            "truth": 1,
            **mean_columns("seen", values),
        }
        for name, values in found.items()
    ]
    yield from filled(COLUMNS, rows)
