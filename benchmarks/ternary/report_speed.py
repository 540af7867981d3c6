# SPDX-License-Identifier: BSD-3-Clause
"""Tables of the speed of `transform`."""

from itertools import product

from benchmarks.markdown import table
from benchmarks.ternary.targets import SPEED, SPEED_SAMPLES

ORDER = ("kernels", "threads", "p", "method", "projection", "X")


def section(rows):
    """Text of the section, and the losses in it."""
    n, n_components = rows[0]["n"], rows[0]["n_components"]
    single = [row for row in rows if row["threads"] == 1]
    peers = peer_times(rows)
    targets, losses = target_table(single, peers)
    text = [
        "## Speed of transform",
        f"n = {n}, {n_components} features, one thread, median CPU time of interleaved rounds. "
        "Ratios read *times as fast as RBFSampler in float64 / in float32*, each level of the "
        "kernels against the RBFSampler of its own process.",
        "### Against the targets",
        "int8 output, float32 input. The phase activation is for `kernel='rbf'`, threshold here "
        "for `kernel='relu'`."
        + (
            f" **The targets are for n = {SPEED_SAMPLES}, this run is smaller.**"
            if n != SPEED_SAMPLES
            else ""
        ),
        targets,
        "### All inputs and outputs, one thread",
        peer_table(single),
        ratio_table(single, peers, "cpu_median_s"),
    ]
    several = [row for row in rows if row["threads"] > 1]
    if several:
        text += [
            f"### All {several[0]['threads']} threads",
            "Median wall time against RBFSampler in float32 with as many BLAS threads; float32 "
            "input.",
            ratio_table(several, peers, "wall_median_s"),
        ]
    return "\n\n".join(text), losses + slower(rows, peers)


def peer_times(rows):
    """Seconds of RBFSampler: (kernels, threads, p, dtype, kind of time)."""
    return {
        (row["kernels"], row["threads"], row["p"], row["X"], kind): row[kind]
        for row, kind in product(rows, ("cpu_median_s", "cpu_min_s", "wall_median_s"))
        if row["method"] == "RBFSampler"
    }


def ratio(row, peers, dtype, kind):
    """How many times as fast as RBFSampler in `dtype`; None where that was not measured."""
    peer = peers.get((row["kernels"], row["threads"], row["p"], dtype, kind))
    return None if peer is None else peer / row[kind]


def target_table(rows, peers):
    """Measured beside wanted, and a line for each miss."""
    lines, losses = [], []
    for row in rows:
        wanted = SPEED.get((row["kernels"], row["projection"], row["p"]))
        if wanted is None or row["output"] != "int8" or row["X"] != "float32":
            continue
        double = ratio(row, peers, "float64", "cpu_median_s")
        single = ratio(row, peers, "float32", "cpu_median_s")
        best = [ratio(row, peers, dtype, "cpu_min_s") for dtype in ("float64", "float32")]
        reached = double >= wanted[0] and single >= wanted[1]
        lines.append(
            [
                row["kernels"],
                row["projection"],
                row["method"],
                row["p"],
                f"{double:.1f} / {single:.1f}",
                f"{best[0]:.1f} / {best[1]:.1f}",
                f"{wanted[0]} / {wanted[1]}",
                "reached" if reached else "**missed**",
            ]
        )
        if not reached:
            losses.append(
                f"Speed target missed: {row['kernels']} kernels, {row['projection']} projection, "
                f"{row['method']}, p = {row['p']}: {double:.1f} / {single:.1f} times as fast as "
                f"RBFSampler in float64 / float32, wanted {wanted[0]} / {wanted[1]}."
            )
    header = ["kernels", "projection", "activation", "p", "medians", "minima", "target", "verdict"]
    return table(header, lines), losses


def peer_table(rows):
    """Seconds of RBFSampler, beside each level of the kernels."""
    lines = [
        [row["kernels"], row["p"], row["X"], row["cpu_median_s"], row["cpu_min_s"]]
        for row in rows
        if row["method"] == "RBFSampler"
    ]
    return table(["beside kernels", "p", "RBFSampler in", "median, s", "minimum, s"], lines)


def ratio_table(rows, peers, kind):
    """Lay out one line per setting, one column per output."""
    outputs = ("int8", "packed", "float")
    cells = {}
    for row in rows:
        if row["method"] == "RBFSampler":
            continue
        ratios = [ratio(row, peers, dtype, kind) for dtype in ("float64", "float32")]
        output = "float" if row["output"].startswith("float") else row["output"]
        setting = tuple(row[key] for key in ORDER if key != "threads")
        cells.setdefault(setting, {})[output] = " / ".join(f"{r:.1f}" for r in ratios if r)
    header = ["kernels", "p", "activation", "projection", "input", *outputs]
    return table(
        header, [[*key, *(cell.get(o, "-") for o in outputs)] for key, cell in cells.items()]
    )


def slower(rows, peers):
    """Losses: settings that take longer than RBFSampler in the same precision."""
    found = {}
    for row in rows:
        kind = "cpu_median_s" if row["threads"] == 1 else "wall_median_s"
        times = ratio(row, peers, row["X"], kind)
        if row["method"] != "RBFSampler" and times < 1:
            setting = (
                f"{row['kernels']} kernels, {row['projection']} projection, p = {row['p']}, "
                f"{row['X']}, {row['threads']} thread(s)"
            )
            found.setdefault(setting, []).append(
                f"{row['method']} to {row['output']} {times:.2f} times as fast"
            )
    return [
        f"Slower than RBFSampler in the same precision, {setting}: {', '.join(cases)}."
        for setting, cases in found.items()
    ]
