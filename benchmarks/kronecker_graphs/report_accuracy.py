# SPDX-License-Identifier: BSD-3-Clause
"""Tables of graphs from known initiators."""

from benchmarks.columns import of
from benchmarks.kronecker_graphs.initiators import DENSE
from benchmarks.kronecker_graphs.targets import COVERAGE, ERRORS, SHUFFLED, STANDARD_ERRORS
from benchmarks.markdown import table
from benchmarks.verdicts import Verdict


def section(rows):
    """Text of the section, and the losses in it."""
    text = [
        "## Accuracy",
        "### Errors",
        "Mean Frobenius distance from the true initiator, in the better of the two orders. "
        "*Target*: what an earlier measurement with few graphs saw. A mean counts as no larger if "
        f"it is within {STANDARD_ERRORS:g} standard errors of the upper end.",
        error_table(rows),
        "### Standard errors and test",
        "Share of the intervals of 95 %, estimate and 1.96 `initiator_std_`, that hold the true "
        "entry; root mean square of the deviations in standard errors (1 is right); share of the "
        "graphs, all of the model, whose `gof_pvalue_` is below .05 (.05 is right).",
        coverage_table(rows),
        "### Shuffled vertices",
        f"Directed graphs of 1024 vertices, {DENSE}. Relative mean squared error of the "
        "perturbation when a share f of the vertices is shuffled, ± one standard error "
        "(earlier measurement). *Law*: what the attenuation of row and column effects by 1 - f, "
        "and of interactions by (1 - f)², gives without noise; the shrinkage of `denoise`, and the "
        "interactions that it does not see, come on top. `moments` never looks at the order.",
        shuffled_table(rows),
    ]
    return "\n\n".join(text), lost(rows)


def error_table(rows):
    """Lay out the errors beside the targets."""
    lines = []
    for row in of(rows, study="error"):
        seen = ERRORS.get((row["case"], row["method"], row["K"]))
        lines.append(
            [
                row["case"],
                row["K"],
                row["method"],
                row["graphs"],
                f"{row['error']:.4f}",
                f"{row['error_se']:.4f}",
                f"{row['error_max']:.4f}",
                "" if seen is None else range_cell(seen),
                "" if seen is None else "no larger" if no_larger(row) else "**larger**",
            ]
        )
    header = ["initiator", "K", "solver", "graphs", "mean", "± s.e.", "largest", "target", ""]
    return table(header, lines)


def range_cell(seen):
    """Lay out a range."""
    low, high = seen
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def no_larger(row):
    """Whether a mean error is within the range of its target, or below; None where it has none."""
    seen = ERRORS.get((row["case"], row["method"], row["K"]))
    return None if seen is None else row["error"] <= seen[1] + STANDARD_ERRORS * row["error_se"]


def coverage_table(rows):
    """Lay out the coverage."""
    lines = [
        [
            row["case"],
            row["K"],
            row["method"],
            row["graphs"],
            row["intervals"],
            f"{row['coverage']:.3f}",
            f"{row['rms_z']:.2f}",
            f"{row['p_below_05']:.2f}",
        ]
        for row in of(rows, study="coverage")
    ]
    header = ["initiator", "K", "solver", "graphs", "intervals", "coverage", "rms", "p < .05"]
    return table(header, lines)


def shuffled_table(rows):
    """Lay out one line per solver, one column per share."""
    found = of(rows, study="shuffled")
    shares = sorted({row["shuffled"] for row in found})
    lines = []
    for method, seen in SHUFFLED.items():
        cells = [
            f"{row['mse']:.4f} ± {row['mse_se']:.4f} ({before:g})"
            for row, before in zip(of(found, method=method), seen, strict=True)
        ]
        lines.append([method, *cells])
    law = [f"{row['law']:.4f}" for row in of(found, method="counts")]
    lines.append(["law", *law])
    return table(["", *(f"f = {share:g}" for share in shares)], lines)


def verdicts(rows):
    """Targets of the part."""
    found = [
        Verdict(
            f"coverage of `initiator_std_`, {row['method']}, {row['case']}, K = {row['K']}",
            f"{row['coverage']:.3f} of {row['intervals']} intervals",
            f"≥ {COVERAGE:g}",
            row["coverage"] >= COVERAGE,
        )
        for row in of(rows, study="coverage")
    ]
    judged = [result for row in of(rows, study="error") if (result := no_larger(row)) is not None]
    if judged:
        found.append(
            Verdict(
                "mean errors no larger than those measured earlier",
                f"{sum(judged)} of {len(judged)}",
                f"all {len(judged)}",
                all(judged),
            )
        )
    return found


def lost(rows):
    """Losses: errors above their targets, and the solvers that trust the order of the rows."""
    losses = []
    for row in of(rows, study="error"):
        seen = ERRORS.get((row["case"], row["method"], row["K"]))
        if seen is not None and not no_larger(row):
            losses.append(
                f"{row['method']}, {row['case']}, K = {row['K']}: mean error {row['error']:.4f} ± "
                f"{row['error_se']:.4f}, the target was {range_cell(seen)}."
            )
    for row in of(rows, study="error", method="moments, two steps"):
        (first,) = of(rows, study="error", case=row["case"], K=row["K"], method="moments, one step")
        if row["error"] > first["error"]:
            losses.append(
                f"Moments, {row['case']}, K = {row['K']}, {row['graphs']} graphs: error "
                f"{row['error']:.4f} after the second step, {first['error']:.4f} after the first."
            )
    shuffled = of(rows, study="shuffled")
    for share in sorted({row["shuffled"] for row in shuffled}):
        denoise, counts, moments = (
            of(shuffled, shuffled=share, method=method)[0]["mse"]
            for method in ("denoise", "counts", "moments, one step")
        )
        if denoise > counts:
            losses.append(
                f"denoise, {share:.0%} of the vertices shuffled: relative mean squared error "
                f"{denoise:.3f}, {counts:.4f} without denoising (`counts`), {moments:.4f} without "
                "labels (`moments`)."
            )
    return losses
