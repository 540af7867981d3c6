# SPDX-License-Identifier: BSD-3-Clause
"""What a flagship of the demo reports, and how it is printed."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Measurement:
    """One model on one data set.

    Attributes
    ----------
    model : str
        What was fitted.
    score : float
        Accuracy on rows held out.
    fit_seconds, predict_seconds : float
        Time of `fit` on the training rows and of `predict` on the held-out rows.
    transform_seconds : float
        Time of the features alone, of the training rows.
    feature_bytes : int
        Memory of the features of the training rows.
    """

    model: str
    score: float
    fit_seconds: float
    predict_seconds: float
    transform_seconds: float
    feature_bytes: int


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
    """

    title: str
    measurements: list[Measurement]
    predictions: list[Prediction]
    notes: list[str] = field(default_factory=list)
    draw: Callable | None = None


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
    _table(
        ["model", "accuracy", "fit [s]", "predict [s]", "features [ms]", "features [kB]"],
        [
            [
                m.model,
                f"{m.score:.4f}",
                f"{m.fit_seconds:.3f}",
                f"{m.predict_seconds:.4f}",
                f"{1000 * m.transform_seconds:.2f}",
                f"{m.feature_bytes / 1000:,.0f}",
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
