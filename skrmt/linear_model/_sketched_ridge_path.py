# SPDX-License-Identifier: BSD-3-Clause
"""The estimated risk over the three knobs of an ensemble."""

from math import inf
from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_random_state

from skrmt.linear_model._judged_path import judged_path
from skrmt.linear_model._sketched_ridge_ensemble import SketchedRidgeEnsemble
from skrmt.theory import ensemble_risk
from skrmt.utils._validation import Interval, validate_params

# Sketch sizes of the default, as shares of the smaller side of X.
AUTOMATIC_SHARES = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2)
DEFAULT_GRID = np.logspace(-5, 3, 25)
# Parameters of an ensemble that mean something here.
TAKEN = ("sketch", "sketch_nnz", "criterion", "fit_intercept", "max_memory", "n_jobs")


def _refuse_others(parameters):
    """Refuse parameters that would be ignored, or are unknown."""
    others = sorted(set(parameters) - set(TAKEN))
    if others:
        raise ValueError(
            f"{others[0]} is no parameter of sketched_ridge_path; beside its own it takes "
            f"{', '.join(TAKEN)} of SketchedRidgeEnsemble."
        )


def _penalties(alphas):
    """Given penalties in an array."""
    try:
        array = np.asarray(alphas, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.ndim != 1 or not array.size or not np.isfinite(array).all():
        raise ValueError(
            f"alphas={alphas!r} must be None or a non-empty one-dimensional array of finite "
            "numbers."
        )
    return array


def _sizes(sketch_sizes):
    """Given sizes as the parameter `sketch_size` takes them: int, or float for a share."""
    sizes = []
    for size in np.ravel(np.asarray(sketch_sizes, dtype=object)):
        if isinstance(size, Integral) and not isinstance(size, bool) and size >= 1:
            sizes.append(int(size))
        elif isinstance(size, Real) and not isinstance(size, Integral) and 0 < size <= 1:
            sizes.append(float(size))
        else:
            sizes = []
            break
    if np.ndim(sketch_sizes) != 1 or not sizes:
        raise ValueError(
            f"sketch_sizes={sketch_sizes!r} must be None or a non-empty one-dimensional array of "
            "positive integers, or of shares of n_features in (0, 1]."
        )
    return sizes


def _ensemble_sizes(n_members):
    """Given ensemble sizes, in floats for the sake of inf."""
    try:
        array = np.asarray(n_members, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.empty(0)
    # nan and what is not whole are not equal to their integer part; inf is.
    if array.ndim != 1 or not array.size or not np.all((array >= 1) & (array == np.floor(array))):
        raise ValueError(
            f"n_members={n_members!r} must be a non-empty one-dimensional array of positive "
            "integers or inf."
        )
    return array


@validate_params(
    {
        "alphas": ["array-like", None],
        "sketch_sizes": ["array-like", None],
        "n_members": ["array-like"],
        "n_fitted": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def sketched_ridge_path(
    X,
    y,
    *,
    alphas=None,
    sketch_sizes=None,
    n_members=(1, 2, 4, 8, 16, inf),
    n_fitted=4,
    sample_weight=None,
    random_state=None,
    **parameters,
):
    """Estimate the risk of sketched ridge ensembles over penalty, sketch size and ensemble size.

    For each sketch size a few members are fitted; their corrected residuals tell the risk of an
    ensemble of any number of them.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Targets; the risk is averaged over several.
    alphas : array-like of shape (n_alphas,), default=None
        Penalties in the scale of :class:`sklearn.linear_model.Ridge`, the same for every size. None
        is a grid of eight decades about the mean squared distance of the rows to their mean,
        divided by min(n_samples, n_features) and times the number of rows.
    sketch_sizes : array-like of shape (n_sizes,), default=None
        Columns of a sketch: integers, or shares of n_features in (0, 1]. None are five sizes, from
        1/32 to 1/2 of min(n_samples, n_features).
    n_members : array-like of shape (n_ensembles,), default=(1, 2, 4, 8, 16, inf)
        Sizes of ensembles, integers or inf.
    n_fitted : int, default=4
        Members fitted for each size, drawn independently of each other.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights.
    random_state : int, RandomState instance or None, default=None
        Source of the sketches.
    **parameters : dict
        Of :class:`SketchedRidgeEnsemble`: sketch, sketch_nnz, criterion, fit_intercept, max_memory
        and n_jobs.

    Returns
    -------
    path : dict of ndarray
        - "alphas" of shape (n_alphas,), "sketch_sizes" of shape (n_sizes,) (what was used; the
          sparse sketch rounds up), "n_members" of shape (n_ensembles,);
        - "risk" of shape (n_sizes, n_ensembles, n_alphas): estimated mean squared error at new
          rows;
        - "mu", "df" of shape (n_sizes, n_alphas): implied ridge, degrees of freedom of a member.

    Raises
    ------
    ValueError
        If a parameter is out of range, or none of those that are listed.

    See Also
    --------
    SketchedRidgeEnsemble : The estimator.

    References
    ----------
    .. [1] P. Patil, D. LeJeune, "Asymptotically free sketched ridge ensembles: risks,
           cross-validation, and tuning", ICLR 2024. arXiv:2310.04357.

    Examples
    --------
    >>> from sklearn.datasets import make_regression
    >>> from skrmt.linear_model import sketched_ridge_path
    >>> X, y = make_regression(200, 400, noise=50.0, random_state=0)
    >>> path = sketched_ridge_path(X, y, sketch_sizes=[20, 50], random_state=0)
    >>> path["risk"].shape
    (2, 6, 25)
    """
    _refuse_others(parameters)
    alphas = None if alphas is None else _penalties(alphas)
    sizes = None if sketch_sizes is None else _sizes(sketch_sizes)
    n_members = _ensemble_sizes(n_members)
    rng = check_random_state(random_state)
    ensemble = SketchedRidgeEnsemble(n_fitted, partition=False, **parameters)
    ensemble._validate_params()
    X, y, weights = ensemble._validated(X, y, sample_weight)
    problem, y = ensemble._problem(X, y, weights)
    smaller = min(problem.n_observations, problem.n_features)
    if sizes is None:
        sizes = sorted({max(1, round(share * smaller)) for share in AUTOMATIC_SHARES})
    if alphas is None:
        unit = problem.total * problem.total_variance / smaller
        alphas = (unit if unit > 0 else 1.0) * DEFAULT_GRID
    found = {"sketch_sizes": [], "risk": [], "mu": [], "df": []}
    for size in sizes:
        seed = rng.randint(np.iinfo(np.int32).max)
        ensemble.set_params(sketch_size=size, random_state=seed)
        plan = ensemble._plan(problem.n_features, smaller, X)
        path = judged_path(problem, plan, alphas, ensemble._settings(), y, n_jobs=ensemble.n_jobs)
        if plan.law is None:  # without sketch, all members are one
            risks = np.repeat(path.risk[None], len(n_members), axis=0)
        else:
            risks = np.array([ensemble_risk(K, **path.components) for K in n_members])
        risks = np.where(path.feasible, risks, np.inf).mean(axis=1)
        found["sketch_sizes"].append(plan.sketch_size)
        found["risk"].append(risks)
        found["mu"].append(path.implicit_ridges)
        found["df"].append(path.degrees_of_freedom)
    return {
        "alphas": alphas,
        "n_members": n_members,
        **{name: np.array(values) for name, values in found.items()},
    }
