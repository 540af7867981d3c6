# SPDX-License-Identifier: BSD-3-Clause
"""How often rules find the number of components.

Parallel analysis by permutations is the usual one: entries are permuted within their columns, and
leading singular values count as long as they are above the quantile of those of the same number.
"""

import warnings
from statistics import fmean

import numpy as np
from scipy.linalg import svdvals
from sklearn.decomposition import PCA

from benchmarks.columns import filled
from benchmarks.principal_components.planted import planted
from benchmarks.side_by_side import run_side_by_side
from skrmt.decomposition import RMTPCA

# (n, p, spikes, noise, whether the axes are columns)
CASES = (
    (300, 100, (4, 3, 2), "white", False),
    (200, 400, (10, 6, 4), "white", False),
    (100, 1000, (20, 10, 8), "white", False),
    (200, 400, (2000, 6, 4), "white", False),
    (300, 100, (10, 6, 4), "columns", False),
    (300, 150, (10, 6, 4), "t(4)", False),
    (300, 150, (10, 6, 4), "rows", False),
    # Near or below what the theory calls visible, in such noise.
    (300, 100, (4, 3, 2), "columns", False),
    (300, 150, (4, 3, 2), "t(4)", False),
    (300, 150, (4, 3, 2), "rows", False),
    (300, 100, (), "white", False),
    (300, 100, (), "columns", False),
    (300, 150, (), "t(4)", False),
    (300, 150, (), "rows", False),
    (1000, 400, (10, 6, 4), "sparse", False),
    (1000, 400, (), "sparse", False),
    (300, 100, (4, 3, 2), "white", True),
    (300, 100, (10, 6, 4), "columns", True),
)
QUICK_CASES = ((100, 40, (8, 5), "white", False), (100, 40, (), "t(4)", False))
OURS = ("auto", "signflip", "kn", "gavish-donoho")
PERMUTATION, MLE, SHARE = "permutation", 'PCA("mle")', "PCA(.95)"
METHODS = (*OURS, PERMUTATION, MLE, SHARE)
N_DRAWS, AUTO_DRAWS, QUICK_DRAWS = 20, 50, 4
N_PERMUTATIONS, LEVEL = 20, 0.95

COLUMNS = (
    *("n", "p", "spikes", "noise", "along_columns", "method", "draws"),
    *("right", "too_few", "too_many", "mean_rank", "least_rank", "most_rank"),
)


def run(quick):
    """Rows of all cases, as many at a time as there are cores."""
    tasks = [
        (
            found_ranks,
            {
                "n": n,
                "p": p,
                "spikes": spikes,
                "noise": noise,
                "along_columns": along,
                "quick": quick,
            },
        )
        for n, p, spikes, noise, along in (QUICK_CASES if quick else CASES)
    ]
    yield from run_side_by_side("rank", tasks)


def found_ranks(n, p, spikes, noise, along_columns, quick):
    """Rows of one case, one for each rule."""
    n_draws, auto_draws = (QUICK_DRAWS, QUICK_DRAWS) if quick else (N_DRAWS, AUTO_DRAWS)
    ranks = {method: [] for method in METHODS if method != MLE or n > p}
    for seed in range(auto_draws):
        X = planted(n, p, spikes, noise, seed, along_columns=along_columns).data
        for method, found in ranks.items():
            if seed < n_draws or method == "auto":
                found.append(rank_by(method, X, seed))
    rows = [
        {
            "n": n,
            "p": p,
            "spikes": "/".join(f"{spike:g}" for spike in spikes) or "none",
            "noise": noise,
            "along_columns": along_columns,
            "method": method,
            "draws": len(found),
            "right": round(fmean(k == len(spikes) for k in found), 4),
            "too_few": round(fmean(k < len(spikes) for k in found), 4),
            "too_many": round(fmean(k > len(spikes) for k in found), 4),
            "mean_rank": round(fmean(found), 2),
            "least_rank": min(found),
            "most_rank": max(found),
        }
        for method, found in ranks.items()
    ]
    yield from filled(COLUMNS, rows)


def rank_by(method, X, seed):
    """Number of components that a rule finds."""
    if method == PERMUTATION:
        return permutation_rank(X, seed)
    with warnings.catch_warnings(action="ignore"):
        if method in OURS:
            return RMTPCA(method, random_state=seed).fit(X).n_components_
        return int(PCA("mle" if method == MLE else 0.95).fit(X).n_components_)


def permutation_rank(X, seed):
    """Number of components by parallel analysis."""
    rng = np.random.default_rng(seed)
    X = X - X.mean(axis=0)
    permuted = [svdvals(rng.permuted(X, axis=0)) for _ in range(N_PERMUTATIONS)]
    above = svdvals(X) > np.quantile(permuted, LEVEL, axis=0)
    return int(np.argmin(above)) if not above.all() else len(above)
