# SPDX-License-Identifier: BSD-3-Clause
"""The methods that are compared: ours and their peers, each set up for a grid of penalties."""

from functools import partial
from importlib import metadata, util

import numpy as np
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LassoCV, Ridge, RidgeClassifierCV, RidgeCV
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.random_projection import GaussianRandomProjection

from skrmt.linear_model import SketchedRidgeClassifier, SketchedRidgeCV, SketchedRidgeEnsemble

N_PENALTIES, DECADES = 30, (-5, 3)
N_COMPONENTS = 500
# Ten penalties about the middle, half a decade apart: what users of a plain search can afford.
FEW, N_FEW = slice(9, 28, 2), 10


def penalties(X):
    """Make the grid of penalties for some rows.

    Parameters
    ----------
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)
        Training rows.

    Returns
    -------
    alphas : ndarray of shape (30,)
        Eight decades about the mean eigenvalue of the Gram matrix of the centred rows.
    """
    if sparse.issparse(X):
        mean = np.asarray(X.mean(axis=0)).ravel()
        total = (X.multiply(X).sum() - X.shape[0] * (mean**2).sum()).item()
    else:
        total = X.shape[0] * X.var(axis=0, dtype=np.float64).sum()
    return total / min(X.shape) * np.logspace(*DECADES, N_PENALTIES)


def _himalaya(alphas):
    from himalaya.backend import set_backend
    from himalaya.ridge import RidgeCV as HimalayaRidgeCV

    set_backend("numpy")
    return HimalayaRidgeCV(alphas=alphas, fit_intercept=True, cv=5)


def _grid_search(alphas, **parameters):
    return GridSearchCV(Ridge(**parameters), {"alpha": alphas[FEW]}, cv=5)


def _projected(alphas, make):
    return make_pipeline(make(n_components=N_COMPONENTS, random_state=0), RidgeCV(alphas))


PEERS = {
    "RidgeCV": RidgeCV,
    "RidgeClassifierCV": RidgeClassifierCV,
    "GridSearchCV(Ridge)": _grid_search,
    "GridSearchCV(Ridge, sparse_cg)": partial(_grid_search, solver="sparse_cg"),
    "himalaya RidgeCV": _himalaya,
    "LassoCV": lambda alphas: LassoCV(alphas=N_FEW, cv=5),
    "Gaussian projection + RidgeCV": partial(_projected, make=GaussianRandomProjection),
    "TruncatedSVD + RidgeCV": partial(_projected, make=TruncatedSVD),
}

OURS = {
    "SketchedRidgeCV": lambda alphas: SketchedRidgeCV(random_state=0),
    "SketchedRidgeCV, same penalties": lambda alphas: SketchedRidgeCV(alphas, random_state=0),
    "ensemble": lambda alphas: SketchedRidgeEnsemble(random_state=0),
    "no sketch": lambda alphas: SketchedRidgeEnsemble(sketch=None, alphas=alphas),
    "no sketch, GCV": lambda alphas: SketchedRidgeEnsemble(
        sketch=None, alphas=alphas, criterion="gcv"
    ),
}


def ensemble(size, n_members, criterion="loo"):
    """Name of the ensemble with this sketch size and so many members."""
    return f"ensemble, m = {size}, K = {n_members}" + (", GCV" if criterion == "gcv" else "")


def classifier(size, n_members):
    """Name of the classifier with this sketch size and so many members."""
    return f"classifier, m = {size}, K = {n_members}"


def _from_sizes(name):
    """Estimator of which the name says class, sketch size, members and criterion."""
    kind, size, n_members, *others = name.split(", ")
    kinds = {"ensemble": SketchedRidgeEnsemble, "classifier": SketchedRidgeClassifier}
    return kinds[kind](
        int(n_members.removeprefix("K = ")),
        sketch_size=int(size.removeprefix("m = ")),
        criterion="gcv" if others == ["GCV"] else "loo",
        random_state=0,
    )


def is_ours(name):
    """Whether the method is one of skrmt."""
    return name not in PEERS


def installed(name):
    """Whether the package of a method is there."""
    return not name.startswith("himalaya") or util.find_spec("himalaya") is not None


def version(name):
    """Version of a package that only this method needs; "" otherwise."""
    return metadata.version("himalaya") if name.startswith("himalaya") else ""


def make_estimator(name, alphas):
    """Set up a method.

    Parameters
    ----------
    name : str
        Key of `PEERS` or `OURS`, or what `ensemble` and `classifier` give.
    alphas : ndarray of shape (n_alphas,)
        Penalties.

    Returns
    -------
    estimator : estimator
        Not fitted.
    """
    known = {**PEERS, **OURS}
    return known[name](alphas) if name in known else _from_sizes(name)


def chosen_penalty(estimator):
    """Penalty that a fitted method has chosen.

    Parameters
    ----------
    estimator : estimator
        Fitted.

    Returns
    -------
    alpha : float
        In the scale of Ridge; for our ensembles that of a member.
    """
    if isinstance(estimator, Pipeline):
        estimator = estimator[-1]
    if isinstance(estimator, GridSearchCV):
        return float(estimator.best_params_["alpha"])
    alpha = getattr(estimator, "alpha_", None)
    if alpha is None:
        alpha = estimator.best_alphas_
    return float(np.mean(alpha))


def sketched_columns(estimator):
    """Columns of a sketch of a fitted method; "" where it has none."""
    has_sketch = getattr(estimator, "sketch_", None) is not None
    return estimator.sketch_size_ if has_sketch else ""
