# SPDX-License-Identifier: BSD-3-Clause
"""Log-likelihood of held-out rows under Gaussian models of few components.

That of PCA and of FactorAnalysis is what their `score` returns, computed without a matrix of all
columns, so that wide data need not be cut.
"""

import warnings

import numpy as np
from sklearn.decomposition import PCA, FactorAnalysis
from sklearn.feature_selection import VarianceThreshold
from sklearn.model_selection import ShuffleSplit

from benchmarks.columns import filled, mean_columns
from benchmarks.principal_components.planted import planted
from benchmarks.problems import at_hand, load_unscaled
from benchmarks.side_by_side import run_side_by_side
from skrmt.decomposition import RMTPCA

# (n, p, spikes, noise)
SIMULATED = (
    (300, 100, (4, 3, 2), "white"),
    (200, 400, (10, 6, 4), "white"),
    (100, 1000, (20, 10, 8), "white"),
    (300, 100, (4, 3, 2), "columns"),
    (300, 150, (4, 3, 2), "t(4)"),
    (300, 150, (4, 3, 2), "rows"),
)
QUICK_SIMULATED = ((100, 40, (8, 5), "white"),)
# (data set, whether columns are standardised)
REAL = (
    ("digits", False),
    ("breast_cancer", True),
    ("wine", True),
    ("colon", False),
    ("leukemia", False),
    ("riboflavin", False),
    ("riboflavin", True),
    ("tox171", False),
    ("tox171", True),
)
QUICK_REAL = (("wine", True),)
N_DRAWS, N_SPLITS, QUICK_DRAWS, N_TEST = 20, 5, 2, 1000
TRUE, FACTORS = "PCA, true rank", "FactorAnalysis"
MLE, SHARE, OUR_RANK = 'PCA("mle")', "PCA(.95)", "PCA, rank of RMTPCA"

COLUMNS = (
    *("study", "data", "n", "p", "noise", "standardised", "method", "draws"),
    *("components", "components_se", "likelihood", "likelihood_se"),
)


def run(quick):
    """Rows of all laws and data sets, as many at a time as there are cores."""
    tasks = [
        (real, {"name": name, "standardised": standardised, "quick": quick})
        for name, standardised in reversed(QUICK_REAL if quick else REAL)
        if at_hand(name)
    ]
    tasks += [
        (simulated, {"n": n, "p": p, "spikes": spikes, "noise": noise, "quick": quick})
        for n, p, spikes, noise in (QUICK_SIMULATED if quick else SIMULATED)
    ]
    yield from run_side_by_side("likelihood", tasks)


def simulated(n, p, spikes, noise, quick):
    """Rows of one law, one for each model."""
    found, n_draws = {}, QUICK_DRAWS if quick else N_DRAWS
    for seed in range(n_draws):
        X = planted(n, p, spikes, noise, seed, n_new=N_TEST).data
        note(found, X[:n], X[n:], len(spikes))
    case = {"study": "simulated", "data": "/".join(map(str, spikes)), "noise": noise}
    yield from filled(COLUMNS, rows_of(found, case | {"n": n, "p": p}))


def real(name, standardised, quick):
    """Rows of one data set, one for each model."""
    X, _ = load_unscaled(name)
    found = {}
    splits = ShuffleSplit(QUICK_DRAWS if quick else N_SPLITS, test_size=0.25, random_state=0)
    for train, test in splits.split(X):
        varies = VarianceThreshold().fit(X[train])
        X_train, X_test = varies.transform(X[train]), varies.transform(X[test])
        if standardised:
            mean, spread = X_train.mean(axis=0), X_train.std(axis=0)
            X_train, X_test = (X_train - mean) / spread, (X_test - mean) / spread
        note(found, X_train, X_test, None)
    case = {"study": "real", "data": name, "standardised": standardised}
    yield from filled(COLUMNS, rows_of(found, case | {"n": len(train), "p": X.shape[1]}))


def rows_of(found, case):
    """Rows of one case, one for each model that was fitted in all draws."""
    n_draws = max(len(values) for values in found.values())
    for method, values in found.items():
        if len(values) == n_draws:
            ranks, likelihoods = zip(*values, strict=True)
            yield {
                **case,
                "method": method,
                "draws": n_draws,
                **mean_columns("components", ranks),
                **mean_columns("likelihood", likelihoods),
            }


def note(found, X, X_test, true_rank):
    """Fit all models to one sample, and note rank and mean log-likelihood by the columns."""
    n, p = X.shape

    def add(method, rank, samples):
        found.setdefault(method, []).append((int(rank), float(samples.mean()) / p))

    with warnings.catch_warnings(action="ignore"):
        ours = RMTPCA(random_state=0).fit(X)
        add("RMTPCA", ours.n_components_, ours.score_samples(X_test))
        full = PCA().fit(X)
        ranks = {OUR_RANK: ours.n_components_, SHARE: share_rank(full, 0.95)}
        if n > p:
            ranks[MLE] = PCA("mle").fit(X).n_components_
        if true_rank is not None:
            ranks[TRUE] = true_rank
        for method, rank in ranks.items():
            # A model of all directions has no noise, and no density where there are more columns.
            rank = min(rank, min(n - 1, p) - 1)
            add(method, rank, pca_likelihood(full, rank, n, X_test))
        if k := true_rank or ours.n_components_:
            model = FactorAnalysis(k, random_state=0).fit(X)
            samples = likelihood(X_test - model.mean_, model.components_, model.noise_variance_)
            add(FACTORS, k, samples)


def share_rank(pca, share):
    """Number of components that `PCA(share)` keeps."""
    return int(np.searchsorted(np.cumsum(pca.explained_variance_ratio_), share, side="right")) + 1


def pca_likelihood(pca, rank, n, X):
    """Log-likelihood of each row under `PCA(rank)`, from a fit with all components."""
    variances = pca.explained_variance_
    noise = variances[rank:].mean()
    loadings = pca.components_[:rank] * np.sqrt(variances[:rank, None] - noise)
    return likelihood(X - pca.mean_, loadings, np.full(X.shape[1], noise))


def likelihood(X, loadings, noise):
    """Log-likelihood of each centred row under the covariance ``W' W + diag(noise)``.

    Parameters
    ----------
    X : ndarray of shape (n, p)
        Rows.
    loadings : ndarray of shape (k, p)
        W.
    noise : ndarray of shape (p,)
        Variances.

    Returns
    -------
    values : ndarray of shape (n,)
        By Woodbury's identity.
    """
    scaled = loadings / noise
    inner = np.eye(len(loadings)) + scaled @ loadings.T
    projected = X @ scaled.T
    distances = np.square(X) @ (1 / noise)
    distances -= (projected * np.linalg.solve(inner, projected.T).T).sum(axis=1)
    log_det = np.log(noise).sum() + np.linalg.slogdet(inner)[1]
    return -(distances + log_det + len(noise) * np.log(2 * np.pi)) / 2
