# SPDX-License-Identifier: BSD-3-Clause
"""What a flagship of the demo reports, and how it is printed."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Measurement:
    """One model on one data set.

    Attributes
    ----------
    model : str
        What was fitted.
    score : float
        Score, on rows held out where there are any; the report says which.
    fit_seconds : float
        Time of `fit` on the training rows.
    predict_seconds : float, default=None
        Time of `predict` on the held-out rows.
    transform_seconds : float, default=None
        Time of the features alone, of the training rows.
    feature_bytes : int, default=None
        Memory of the features of the training rows.
    fit_bytes : int, default=None
        Most memory that `fit` of the last step holds at a time, beside its input.
    """

    model: str
    score: float
    fit_seconds: float
    predict_seconds: float | None = None
    transform_seconds: float | None = None
    feature_bytes: int | None = None
    fit_bytes: int | None = None


@dataclass(frozen=True)
class Prediction:
    """A number that the theory gave before it was observed.

    Attributes
    ----------
    quantity : str
        What it is.
    predicted, observed : float
        The theory's value and the measured one.
    tolerance : float
        Largest relative difference that is acceptable.
    reason : str
        Where the tolerance comes from.
    """

    quantity: str
    predicted: float
    observed: float
    tolerance: float
    reason: str

    @property
    def holds(self) -> bool:
        """Whether the observed value is within the tolerance."""
        return abs(self.observed - self.predicted) <= self.tolerance * abs(self.predicted)


@dataclass(frozen=True)
class Report:
    """The demo of one flagship.

    Attributes
    ----------
    title : str
        The flagship and the data.
    measurements : list of Measurement
        Our models and the peers.
    predictions : list of Prediction
        What the theory said.
    notes : list of str
        Sentences printed below the tables.
    draw : callable
        Draws the flagship's panel on a matplotlib axes.
    score_name : str, default="accuracy"
        What the scores are.
    """

    title: str
    measurements: list[Measurement]
    predictions: list[Prediction]
    notes: list[str] = field(default_factory=list)
    draw: Callable | None = None
    score_name: str = "accuracy"


def mean_prediction(
    quantity: str,
    predicted: ArrayLike,
    observed: ArrayLike,
    finite: float = 0.0,
    reason: str = "",
) -> Prediction:
    """Hold a prediction against the mean of draws.

    Parameters
    ----------
    quantity : str
        What it is.
    predicted : float or array-like of shape (n_draws,)
        One number, or one for each draw; then the differences are what scatters.
    observed : array-like of shape (n_draws,)
        What the draws show.
    finite : float, default=0.0
        Room for what the prediction is known to leave out.
    reason : str, default=""
        What that is, added to the sentence on the tolerance.

    Returns
    -------
    prediction : Prediction
        With three standard errors of the mean, and `finite`, for tolerance.
    """
    difference = np.subtract(observed, predicted)
    room = 3 * difference.std(ddof=1) / np.sqrt(len(difference)) + finite
    expected = float(np.mean(predicted))
    return Prediction(
        quantity,
        expected,
        float(np.mean(observed)),
        float(room / abs(expected)),
        f"3 standard errors of {len(difference)} draws{reason}",
    )


def mixing(variances: ArrayLike, k: int, n_samples: int) -> float:
    """Share of its axis that a component exchanges with the others in a sample.

    The theory is for one component at a time; two of them turn in their common plane by an angle of
    variance ``v v' / ((v - v')^2 n)`` in n samples.

    Parameters
    ----------
    variances : array-like of shape (n_components,)
        Variances of the population along the components.
    k : int
        Which of them.
    n_samples : int
        Number of samples.

    Returns
    -------
    share : float
        By which share the cosine with the true axis falls, half the variance of the angles.
    """
    own, others = np.asarray(variances, dtype=float)[k], np.delete(variances, k)
    return float((own * others / (own - others) ** 2).sum() / (2 * n_samples))


# Heading, attribute, factor and format of what a measurement may leave out.
OPTIONAL_COLUMNS = (
    ("predict [s]", "predict_seconds", 1, ".4f"),
    ("features [ms]", "transform_seconds", 1e3, ".2f"),
    ("features [kB]", "feature_bytes", 1e-3, ",.0f"),
    ("peak memory of fit [MB]", "fit_bytes", 1e-6, ",.0f"),
)


def _table(header, rows):
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, ["-" * width for width in widths], *rows]:
        first, *rest = (
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  " + "  ".join([first, *rest]).rstrip())


def print_report(report: Report) -> None:
    """Print the tables of a report.

    Parameters
    ----------
    report : Report
        What to print.
    """
    print(f"\n{report.title}\n")
    columns = [
        column
        for column in OPTIONAL_COLUMNS
        if all(getattr(m, column[1]) is not None for m in report.measurements)
    ]
    _table(
        ["model", report.score_name, "fit [s]", *(name for name, *_ in columns)],
        [
            [
                m.model,
                f"{m.score:.4f}",
                f"{m.fit_seconds:.3f}",
                *(
                    format(factor * getattr(m, attribute), form)
                    for _, attribute, factor, form in columns
                ),
            ]
            for m in report.measurements
        ],
    )
    print()
    _table(
        ["prediction of the theory", "predicted", "observed", "tolerance", ""],
        [
            [
                p.quantity,
                f"{p.predicted:.4f}",
                f"{p.observed:.4f}",
                f"{p.tolerance:.1%}",
                "holds" if p.holds else "FAILS",
            ]
            for p in report.predictions
        ],
    )
    for p in report.predictions:
        print(f"    {p.quantity}: {p.reason}.")
    for note in report.notes:
        print(f"\n  {note}")
