# SPDX-License-Identifier: BSD-3-Clause
"""Tables of two Gaussian classes."""

from itertools import groupby

from benchmarks.markdown import table
from benchmarks.spectral_clustering.methods import PEERS
from benchmarks.spectral_clustering.targets import ERROR, NEAR_TRANSITION, SIGN_RATIO
from benchmarks.verdicts import Verdict

HEADER = ("method", "error", "± s.e.", "theory", "`expected_error_`", "uniform mask, theory")
COSTS = ("method", "kappa", "fitted", "density", "affinity, MB", "float64 over it", "CPU, s")


def section(rows):
    """Text of the section, and the losses in it."""
    n, p, seeds = (rows[0][key] for key in ("n", "p", "seeds"))
    text = [
        "## Two Gaussian classes",
        f"n = {n}, p = {p}, means over {seeds} draws; the error of chance is 0.5. *Theory* is the "
        "misclassification rate of the limit, from kappa alone; `expected_error_` is what the "
        "estimator says without the classes; *uniform mask* is the theory for as many entries "
        "kept at random. *Near*: within a tenth of the phase transition, where the limit is not "
        "judged.",
    ]
    losses = []
    for snr, group in grouped(rows).items():
        text += [f"**Signal-to-noise ratio {snr}**", table(HEADER, [line(row) for row in group])]
        losses += lost(snr, group)
    text += ["### Storage and time", costs(rows)]
    return "\n\n".join(text), losses


def grouped(rows):
    """Rows of each signal-to-noise ratio."""
    return {snr: list(group) for snr, group in groupby(rows, key=lambda row: row["snr"])}


def is_near(row):
    """Whether the theory is at its transition, where no finite size follows it."""
    return abs(row["snr"] / row["transition"] - 1) < NEAR_TRANSITION


def line(row):
    """Cells of one method."""
    cells = [row["method"], f"{row['error']:.3f}", f"{row['error_se']:.3f}"]
    if row["theory"] == "":
        return [*cells, "", "", ""]
    near = " (near)" if is_near(row) else ""
    theory = f"{row['theory']:.3f}{near}"
    return [*cells, theory, f"{row['expected']:.3f}", f"{row['uniform']:.3f}"]


def costs(rows):
    """Table of storage and time, at the middle signal-to-noise ratio."""
    by_snr = grouped(rows)
    snr = sorted(by_snr)[len(by_snr) // 2]
    group = by_snr[snr]
    dense = 8 * group[0]["n"] ** 2
    lines = []
    for row in group:
        ours = row["method"] not in PEERS
        size = row["bytes"]
        lines.append(
            [
                row["method"],
                f"{row['kappa']:.3f}" if ours else "",
                f"{row['kappa_fitted']:.3f}" if ours else "",
                f"{row['density']:.4f}" if ours else "",
                f"{size / 1e6:.2f}" if ours else "",
                f"{dense / size:.0f}" if ours else "",
                f"{row['cpu_median_s']:.2f}",
                *(f"{peer['cpu_median_s'] / row['cpu_median_s']:.1f}" for peer in peers(group)),
            ]
        )
    header = [*COSTS, *(f"times as fast as {peer['method']}" for peer in peers(group))]
    note = f"Signal-to-noise ratio {snr}; dense float64 takes {dense / 1e6:.0f} MB."
    return f"{note}\n\n{table(header, lines)}"


def peers(group):
    """Rows of the peers."""
    return [row for row in group if row["method"] in PEERS]


def verdicts(rows):
    """Targets of the part."""
    judged = [row for row in rows if row["theory"] != "" and not is_near(row)]
    worst = max(judged, key=lambda row: abs(row["error"] - row["theory"]))
    gap = abs(worst["error"] - worst["theory"])
    sign = next(row for row in rows if row["method"] == "sign")
    # A byte holds eight rows: where n is no multiple of 8 the last byte is not full.
    ratio = 8 * sign["n"] ** 2 / sign["bytes"]
    return [
        Verdict(
            "error less theory, largest over kernels and signals",
            f"{gap:.4f} ({worst['method']}, snr {worst['snr']})",
            f"≤ {ERROR}",
            gap <= ERROR,
        ),
        Verdict(
            "dense float64 over the sign kernel, bytes",
            f"{ratio:.1f}",
            f"{SIGN_RATIO}",
            ratio >= SIGN_RATIO,
        ),
    ]


def lost(snr, group):
    """Losses: kernels that a peer beats in error, or in time at no larger error."""
    losses = []
    for row in group:
        if row["method"] in PEERS:
            continue
        gaps = {peer["method"]: peer["error"] - row["error"] for peer in peers(group)}
        better = [
            f"{peer['method']} {peer['error']:.3f}"
            for peer in peers(group)
            if gaps[peer["method"]] < -ERROR
        ]
        faster = [
            f"{peer['method']} {peer['cpu_median_s']:.2f} s"
            for peer in peers(group)
            if gaps[peer["method"]] <= ERROR and peer["cpu_median_s"] < row["cpu_median_s"]
        ]
        found = [f"error {row['error']:.3f}, less with {', '.join(better)}"] if better else []
        if faster:
            found.append(
                f"{row['cpu_median_s']:.2f} s, as accurate and faster: {', '.join(faster)}"
            )
        if found:
            losses.append(f"Mixture, snr {snr}, {row['method']}: {'; '.join(found)}.")
    return losses
