# SPDX-License-Identifier: BSD-3-Clause
"""Demo of the sketched ridge regressions: half of a digit from the other half, beside RidgeCV."""

import time
import tracemalloc
from functools import partial
from math import inf

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrmt._demo._report import Measurement, Prediction, Report
from skrmt.kernel_approximation import TernaryRandomFeatures
from skrmt.linear_model import SketchedRidgeCV, SketchedRidgeEnsemble

N_COMPONENTS = 2048
N_ALPHAS = 30
LARGER = 32  # members of an ensemble whose risk is told from the default one
LEVEL = 0.9
SHOWN = 6  # penalties of the figure at which an ensemble is fitted


def _model(ridge):
    features = TernaryRandomFeatures(N_COMPONENTS, random_state=0)
    return make_pipeline(StandardScaler(), features, ridge)


def _peak(ridge, Z, y):
    """Most bytes that a fit holds at a time beside its input, in a run that is not timed."""
    tracemalloc.start()
    try:
        clone(ridge).fit(Z, y)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _measure(name, ridge, split):
    """Return the measurement, and the fitted pipeline."""
    X, X_test, y, y_test = split
    model = _model(ridge)
    start = time.perf_counter()
    model.fit(X, y)
    fitted = time.perf_counter()
    score = model.score(X_test, y_test)
    end = time.perf_counter()
    bytes_of_fit = _peak(ridge, model[:-1].transform(X), y)
    row = Measurement(name, score, fitted - start, end - fitted, fit_bytes=bytes_of_fit)
    return row, model


def _mean_square(errors):
    """Mean square of errors, and its standard error."""
    squares = np.square(errors)
    return squares.mean(), squares.std(ddof=1) / np.sqrt(len(squares))


def _risk_prediction(name, risk, corrected, errors):
    """A risk from training rows beside the error on others; both are means over rows."""
    observed, of_test = _mean_square(errors)
    _, of_train = _mean_square(corrected)
    return Prediction(
        f"mean squared error, {name}",
        float(risk),
        float(observed),
        float(3 * np.hypot(of_test, of_train) / risk),
        f"3 standard errors, of {len(errors)} held-out and of {len(corrected)} training rows",
    )


def _coverage_prediction(intervals, y, n_train):
    """Nominal level of prediction intervals beside the share of held-out targets in them."""
    inside = (intervals[:, 0] <= y) & (y <= intervals[:, 1])
    deviation = np.sqrt(LEVEL * (1 - LEVEL) * (1 / len(y) + 1 / n_train))
    return Prediction(
        f"share of targets in {LEVEL:.0%} intervals",
        LEVEL,
        float(inside.mean()),
        float(3 * deviation / LEVEL),
        f"3 standard deviations: binomial for {len(y)} held-out rows, and quantiles of {n_train}",
    )


def _path(model, split):
    """Estimated, training and test error of the ensemble over its penalties."""
    X, X_test, y, y_test = split
    features, ensemble = model[:-1], clone(model[-1])
    Z, Z_test = features.transform(X), features.transform(X_test)
    ensemble.set_params(store_cv_results=True).fit(Z, y)
    squares = ensemble.cv_results_[:, ensemble.alphas_ > 0]
    alphas = ensemble.alphas_[ensemble.alphas_ > 0]
    estimated = squares.mean(axis=0), squares.std(axis=0, ddof=1) / np.sqrt(len(y))
    shown = alphas[np.linspace(0, len(alphas) - 1, SHOWN).astype(int)]
    training, observed = [], []
    for alpha in shown:
        one = clone(ensemble).set_params(alphas=float(alpha)).fit(Z, y)
        training.append(np.mean((y - one.predict(Z)) ** 2))
        observed.append(_mean_square(y_test - one.predict(Z_test)))
    return alphas, estimated, shown, training, np.transpose(observed)


def _draw(path, axes):
    """Estimated and observed risk against the penalty, with a standard error on either side."""
    alphas, (estimated, deviation), shown, training, (observed, errors) = path
    axes.fill_between(
        alphas, estimated - deviation, estimated + deviation, color="C0", alpha=0.2, lw=0
    )
    axes.semilogx(alphas, estimated, color="C0", label="estimated from the training rows")
    axes.errorbar(
        shown, observed, errors, fmt="o", color="C3", capsize=3, label="observed on held-out rows"
    )
    axes.semilogx(shown, training, "--", color="0.5", label="training error")
    axes.set_xlabel("penalty alpha")
    axes.set_ylabel("mean squared error")
    axes.set_title("Sketched ridge ensemble: risk from one fit")
    axes.grid(alpha=0.3)
    axes.legend()


def sketched_ridge_report() -> Report:
    """Run the demo of SketchedRidgeEnsemble and SketchedRidgeCV.

    Returns
    -------
    report : Report
        R2, time and memory beside RidgeCV; risks and intervals from the training rows beside what
        held-out rows say.
    """
    images = load_digits().data
    upper, lower = images[:, :32], images[:, 32:].sum(axis=1)
    split = train_test_split(upper, lower, random_state=0)
    X, X_test, y, y_test = split

    ridges = {
        "SketchedRidgeEnsemble": SketchedRidgeEnsemble(random_state=0),
        f"SketchedRidgeEnsemble, {LARGER} members": SketchedRidgeEnsemble(LARGER, random_state=0),
        "SketchedRidgeCV": SketchedRidgeCV(random_state=0),
        f"RidgeCV, {N_ALPHAS} penalties": RidgeCV(np.logspace(-4, 4, N_ALPHAS)),
    }
    _model(clone(ridges["SketchedRidgeCV"])).fit(X, y)  # what only the first call does
    measurements, models = zip(
        *(_measure(name, ridge, split) for name, ridge in ridges.items()), strict=True
    )
    ensemble, larger, exact, _ = models
    corrected = ensemble[-1].corrected_residuals_
    told = ensemble[-1].risk(LARGER)
    intervals = ensemble[-1].predict_interval(ensemble[:-1].transform(X_test), LEVEL)
    predictions = [
        _risk_prediction(
            f"{ensemble[-1].n_members_} members",
            ensemble[-1].best_risk_,
            corrected,
            y_test - ensemble.predict(X_test),
        ),
        _risk_prediction(
            f"{LARGER} members, told by {ensemble[-1].n_members_}",
            told.min(),
            corrected,
            y_test - larger.predict(X_test),
        ),
        _risk_prediction(
            "SketchedRidgeCV",
            exact[-1].best_risk_,
            exact[-1].corrected_residuals_,
            y_test - exact.predict(X_test),
        ),
        _coverage_prediction(intervals, y_test, len(y)),
    ]
    limit = ensemble[-1].risk(inf).min()
    return Report(
        f"SketchedRidgeEnsemble and SketchedRidgeCV: ink of the lower half of a digit from its "
        f"upper half, {len(y)} training rows, Pipeline(StandardScaler, "
        f"TernaryRandomFeatures({N_COMPONENTS}), ridge)",
        list(measurements),
        predictions,
        [
            f"Members see {ensemble[-1].sketch_size_} random combinations of the {N_COMPONENTS} "
            f"features. With infinitely many of them the risk would be {limit:.0f}: what the "
            "ensemble still pays against exact ridge regression is the size of its sketches.",
            f"SketchedRidgeCV has the coefficients of ridge regression at alpha = "
            f"{exact[-1].alpha_:.3g}; its leverages come from sketches of "
            f"{exact[-1].sketch_size_} columns.",
        ],
        partial(_draw, _path(ensemble, split)),
        score_name="R2",
    )
