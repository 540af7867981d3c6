# SPDX-License-Identifier: BSD-3-Clause
"""Tables of the prediction intervals."""

from statistics import fmean, median, stdev

from benchmarks.markdown import table
from benchmarks.sketched_ridge.targets import COVERAGE_DATA, COVERAGE_DESIGN, INTERVAL_SPEED

PEER = "CV+"
LEVEL = 0.9
JUDGED = ("ensemble", "SketchedRidgeCV")


def section(rows):
    """Text of the section, and the losses in it."""
    design = [row for row in rows if row["rows"] == "design"]
    data = [row for row in rows if row["rows"] != "design"]
    first = design[0]
    design_table, losses = on_design(design)
    text = [
        "## Prediction intervals",
        "Share of test rows within the interval, mean ± standard deviation over the draws; width "
        "in standard deviations of the target.",
        "### Design",
        f"n = {first['n']}, p = {first['p']}, y the soft threshold at 1 of a Gaussian linear "
        f"function; K = 5, one penalty near 0. Wanted within {COVERAGE_DESIGN} of the level.",
        design_table,
    ]
    if data:
        data_table, missed = on_data(data)
        versions = {row["version"] for row in data if row["version"] != ""}
        beside = (
            f"CV+ is MAPIE {', '.join(map(str, versions))} with ten folds of Ridge, at the penalty "
            "of RidgeCV, on the first splits. The ratios of times, medians over these, are to CV+ "
            "without and with the choice of its penalty; the former is judged."
            if versions
            else "MAPIE is not installed: no peer."
        )
        text += [
            "### Data",
            "Random splits (draws of `designs.power_law` for synthetic), the level 0.9. "
            "Ours fit, choose the penalty and calibrate in one go. "
            f"{beside} Residuals are leave-one-out but for GCV; wanted of these: within "
            f"{COVERAGE_DATA} of 0.9, {INTERVAL_SPEED} times as fast.",
            data_table,
        ]
        losses += missed
    return "\n\n".join(text), losses


def spread(values):
    """Mean and standard deviation."""
    return f"{fmean(values):.3f}" + (f" ± {stdev(values):.3f}" if len(values) > 1 else "")


def on_design(rows):
    """Lay out the levels, and a line for each miss."""
    lines, losses = [], []
    levels = list(dict.fromkeys(row["level"] for row in rows))
    for method in dict.fromkeys(row["method"] for row in rows):
        line = [method]
        for level in levels:
            found = [r["coverage"] for r in rows if (r["method"], r["level"]) == (method, level)]
            line.append(spread(found))
            if method != "training residuals" and abs(fmean(found) - level) > COVERAGE_DESIGN:
                losses.append(
                    f"Coverage on the design, {method}, level {level}: {fmean(found):.3f}."
                )
        width = fmean(r["width"] for r in rows if (r["method"], r["level"]) == (method, levels[0]))
        lines.append([method, *line[1:], f"{width:.2f}"])
    return table(["residuals", *levels, f"width at {levels[0]}"], lines), losses


def on_data(rows):
    """Lay out one line per data set and method, and a line for each miss."""
    lines, losses = [], []
    for name in dict.fromkeys(row["rows"] for row in rows):
        some = [row for row in rows if row["rows"] == name]
        peer = {row["draw"]: row for row in some if row["method"] == PEER}
        for method in dict.fromkeys(row["method"] for row in some):
            own = [row for row in some if row["method"] == method]
            coverage = [row["coverage"] for row in own]
            beside = [(row, peer[row["draw"]]) for row in own if row["draw"] in peer]
            fast = tuned = None
            if beside and method != PEER:
                fast = median(other["cpu_s"] / row["cpu_s"] for row, other in beside)
                tuned = median(
                    (other["cpu_s"] + other["choice_s"]) / row["cpu_s"] for row, other in beside
                )
            verdicts, missed = ["", ""], []
            if method in JUDGED:
                near = abs(fmean(coverage) - LEVEL) <= COVERAGE_DATA
                verdicts[0] = "reached" if near else "**missed**"
                if fast is not None:
                    verdicts[1] = "reached" if fast >= INTERVAL_SPEED else "**missed**"
            if verdicts[0] == "**missed**":
                missed.append(f"coverage {fmean(coverage):.3f}")
            if verdicts[1] == "**missed**":
                missed.append(f"{fast:.1f} times as fast as CV+, wanted {INTERVAL_SPEED}")
            if missed:
                losses.append(f"Intervals on {name}, {method}: {', '.join(missed)}.")
            lines.append(
                [
                    name,
                    own[0]["n"],
                    own[0]["p"],
                    method,
                    len(own),
                    spread(coverage),
                    verdicts[0],
                    f"{fmean(row['width'] for row in own):.2f}",
                    f"{median(row['cpu_s'] for row in own):.3f}",
                    "" if fast is None else f"{fast:.1f}",
                    "" if tuned is None else f"{tuned:.1f}",
                    verdicts[1],
                ]
            )
    header = ["data", "n", "p", "method", "splits", "coverage", "verdict", "width", "CPU, s"]
    return table([*header, "times as fast as CV+", "RidgeCV, CV+", "verdict"], lines), losses
