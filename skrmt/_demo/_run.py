# SPDX-License-Identifier: BSD-3-Clause
"""The command: run every flagship's demo, print, draw, and judge the predictions."""

import argparse
from collections.abc import Sequence

from threadpoolctl import threadpool_limits

from skrmt import _kernels
from skrmt._demo._covariance import covariance_report
from skrmt._demo._kronecker_graphs import kronecker_graphs_report
from skrmt._demo._principal_components import principal_components_report
from skrmt._demo._report import print_report
from skrmt._demo._sketched_ridge import sketched_ridge_report
from skrmt._demo._spectral_clustering import spectral_clustering_report
from skrmt._demo._ternary import ternary_report

# One entry a flagship.
REPORTS = (
    ternary_report,
    sketched_ridge_report,
    spectral_clustering_report,
    kronecker_graphs_report,
    covariance_report,
    principal_components_report,
)


def _draw(reports, path):
    """Write one figure with a panel a flagship, if matplotlib is installed."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        print("\nNo figure: matplotlib is not installed (pip install 'skrmt[plot]').")
        return
    n_columns = min(len(reports), 3)
    n_rows = -(-len(reports) // n_columns)
    figure = Figure(figsize=(6.4 * n_columns, 4.8 * n_rows), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for axes, report in zip(panels, reports, strict=False):
        report.draw(axes)
    for axes in panels[len(reports) :]:
        axes.set_axis_off()
    figure.savefig(path, dpi=120)
    print(f"\nFigure written to {path}.")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo.

    Parameters
    ----------
    argv : sequence of str, default=None
        Options of the command; None takes those of the process.

    Returns
    -------
    status : int
        0 if every prediction of the theory held, 1 otherwise.
    """
    parser = argparse.ArgumentParser(
        prog="skrmt demo",
        description="Fit the estimators on data that scikit-learn bundles, beside their peers, "
        "and compare what the theory predicted with what was observed.",
    )
    parser.add_argument(
        "--figure",
        default="skrmt-demo.png",
        help="where to write the figure (default: %(default)s)",
    )
    options = parser.parse_args(argv)

    state = _kernels.active()
    kernels = "NumPy" if state["simd"] is None else f"compiled, {state['simd']}"
    print(f"skrmt demo (kernels: {kernels}; one thread)")
    # Matrices this small gain nothing from more threads, and lose where the machine is busy.
    with threadpool_limits(limits=1):
        reports = [make() for make in REPORTS]
    for report in reports:
        print_report(report)
    _draw(reports, options.figure)
    failed = [p for report in reports for p in report.predictions if not p.holds]
    print(
        "\nEvery prediction held."
        if not failed
        else f"\n{len(failed)} prediction(s) of the theory failed."
    )
    return int(bool(failed))
