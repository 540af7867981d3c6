# SPDX-License-Identifier: BSD-3-Clause
"""sketched_ridge_path: the estimated risk over the three knobs of an ensemble."""

from math import inf
from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

from skrmt.linear_model._judged_path import judged_path
from skrmt.linear_model._penalty_grid import given_grid
from skrmt.linear_model._sketched_ridge_ensemble import SketchedRidgeEnsemble
from skrmt.theory import ensemble_risk
from skrmt.utils._validation import Interval, validate_params

# Sketch sizes of the default, as shares of the smaller side of X.
AUTOMATIC_SHARES = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2)
DEFAULT_GRID = np.logspace(-5, 3, 25)


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
        Columns of a sketch. None are five sizes, from 1/32 to 1/2 of min(n_samples, n_features).
    n_members : array-like of shape (n_ensembles,), default=(1, 2, 4, 8, 16, inf)
        Sizes of ensembles, integers or inf.
    n_fitted : int, default=4
        Members fitted for each size, drawn independently of each other.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights.
    random_state : int, RandomState instance or None, default=None
        Source of the sketches.
    **parameters : dict
        Other parameters of :class:`SketchedRidgeEnsemble`, such as `criterion` or `sketch`.

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
        If a parameter is out of range or unknown to :class:`SketchedRidgeEnsemble`.

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
    rng = check_random_state(random_state)
    ensemble = SketchedRidgeEnsemble(n_fitted, partition=False, **parameters)
    ensemble._validate_params()
    X, y, weights = ensemble._validated(X, y, sample_weight)
    problem, y = ensemble._problem(X, y, weights)
    smaller = min(int(problem.total), problem.n_features)
    if sketch_sizes is None:
        sketch_sizes = np.unique([max(1, round(share * smaller)) for share in AUTOMATIC_SHARES])
    if alphas is None:
        unit = problem.total * problem.total_variance / smaller
        alphas = (unit if unit > 0 else 1.0) * DEFAULT_GRID
    alphas = given_grid(alphas)
    found = {"sketch_sizes": [], "risk": [], "mu": [], "df": []}
    for size in sketch_sizes:
        seed = rng.randint(np.iinfo(np.int32).max)
        ensemble.set_params(sketch_size=int(size), random_state=seed)._validate_params()
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
        "n_members": np.asarray(n_members, float),
        **{name: np.array(values) for name, values in found.items()},
    }
