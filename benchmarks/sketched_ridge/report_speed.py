# SPDX-License-Identifier: BSD-3-Clause
"""Tables of the time of `fit` and of the scores."""

from itertools import groupby

from benchmarks.markdown import table
from benchmarks.sketched_ridge.methods import is_ours
from benchmarks.sketched_ridge.targets import EQUAL_PENALTY, SCORE_TOLERANCE, SPEED

HEADER = ("method", "CPU, s", "times as fast", "score", "difference", "penalty", "sketch", "rounds")


def section(rows):
    """Text of the section, and the losses in it."""
    grouped = {name: list(case) for name, case in groupby(rows, key=lambda row: row["case"])}
    targets, losses = target_table(grouped)
    versions = {f"{r['method'].split()[0]} {r['version']}" for r in rows if r["version"] != ""}
    text = [
        "## Speed of fit",
        "Fit with the choice of the penalty; one thread, median CPU time of interleaved rounds "
        "(what takes more than eight seconds is measured once). Ratios and differences are to the "
        "first line of each table. The peers choose among 30 penalties (GridSearchCV among ten of "
        "them in the middle, LassoCV among ten of its own, by five folds); "
        "*same penalties* and *no sketch* among the same 30, the others among those of "
        "`alphas='auto'`. *Ensemble* without sizes is the default: m a quarter of "
        "the smaller side of X, K = 8. R² on rows that no method has seen."
        + (f" {', '.join(sorted(versions))}." if versions else " himalaya is not installed."),
        "### Against the targets",
        targets,
        "### All cases",
    ]
    for name, case in grouped.items():
        text += [case_title(name, case), table(HEADER, [line(row, case[0]) for row in case])]
        losses += lost(name, case)
    return "\n\n".join(text), losses


def case_title(name, case):
    """Name, sizes and metric of a case."""
    row = case[0]
    targets = "" if row["targets"] == 1 else f", {row['targets']} targets"
    return (
        f"**{name}**: n = {row['n']}, p = {row['p']}{targets}, {row['X']}, {row['n_test']} test "
        f"rows; score: {row['metric']}."
    )


def ratio(row, first):
    """How many times as fast as the first method of the case."""
    return first["cpu_median_s"] / row["cpu_median_s"]


def difference(row, first):
    """Score less that of the first method."""
    return row["score"] - first["score"]


def line(row, first):
    """Cells of one method."""
    same = row is first
    return [
        row["method"],
        f"{row['cpu_median_s']:.3f}",
        "" if same else f"{ratio(row, first):.1f}",
        f"{row['score']:.4f}",
        "" if same else f"{difference(row, first):+.4f}",
        f"{row['alpha']:.4g}",
        row["sketch_size"],
        row["rounds"],
    ]


def target_table(grouped):
    """Measured beside wanted, and a line for each miss."""
    lines, losses = [], []
    for (name, method), (speed, tolerance) in SPEED.items():
        case = grouped.get(name, [])
        row = next((row for row in case if row["method"] == method), None)
        if row is None:
            lines.append([name, method, "not measured", f"{speed}", "", "", ""])
            continue
        first = case[0]
        times, gap = ratio(row, first), difference(row, first)
        near = gap >= -tolerance if method.startswith("ensemble") else abs(gap) <= tolerance
        wanted = f"≥ {-tolerance:+.3f}" if method.startswith("ensemble") else f"± {tolerance:.3f}"
        if (name, method) in EQUAL_PENALTY:
            # to the digits that are written; the R² then agree to rounding
            near, wanted = first["alpha"] == row["alpha"] and abs(gap) < 1e-4, "equal penalty"
        reached = times >= speed and near
        lines.append(
            [
                name,
                method,
                f"{times:.1f}",
                speed,
                f"{gap:+.4f}",
                wanted,
                "reached" if reached else "**missed**",
            ]
        )
        if not reached:
            losses.append(
                f"Target missed on {name} by {method}: {times:.1f} times as fast as "
                f"{first['method']}, wanted {speed}; score {gap:+.4f}, wanted {wanted}."
            )
    header = ["case", "method", "times as fast", "wanted", "score", "wanted", "verdict"]
    return table(header, lines), losses


def tolerance_of(method):
    """Score below RidgeCV's that counts as a loss."""
    return next(value for start, value in SCORE_TOLERANCE.items() if method.startswith(start))


def lost(name, case):
    """Losses of a case: slower, less accurate, or beaten in both by a peer."""
    losses, first = [], case[0]
    peers = [row for row in case if not is_ours(row["method"])]
    for row in case:
        if not is_ours(row["method"]):
            continue
        found, gap = [], difference(row, first)
        if gap < -tolerance_of(row["method"]):
            found.append(f"{row['metric']} {row['score']:.3f} against {first['score']:.3f}")
        if ratio(row, first) < 1:
            found.append(f"{row['cpu_median_s']:.3g} s against {first['cpu_median_s']:.3g} s")
        if found:
            losses.append(f"{name}, {row['method']}: {' and '.join(found)} of {first['method']}.")
        losses += [
            f"{name}, {row['method']}: {peer['method']} is as accurate ({peer['score']:.3f} "
            f"against {row['score']:.3f}) and faster ({peer['cpu_median_s']:.3g} s against "
            f"{row['cpu_median_s']:.3g} s)."
            for peer in peers[1:]
            if peer["cpu_median_s"] < row["cpu_median_s"] and peer["score"] >= row["score"] - 0.002
        ]
    return losses
