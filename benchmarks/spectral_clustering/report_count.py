# SPDX-License-Identifier: BSD-3-Clause
"""Table of the counted clusters."""

from statistics import fmean

from benchmarks.markdown import table
from benchmarks.spectral_clustering.targets import COUNT_EXACT, COUNT_NOISE
from benchmarks.verdicts import Verdict

HEADER = ("kernel", "classes", "signal-to-noise ratio", "draws", "exact", "share", "counted")


def section(rows):
    """Text of the section, and the losses in it."""
    text = [
        "## Number of clusters",
        f'`n_clusters="auto"` on Gaussian classes with equal signals, n = {rows[0]["n"]}, '
        f"p = {rows[0]['p']}; one class is noise alone.",
        table(HEADER, [line(row) for row in rows]),
    ]
    losses = [
        f"Number of clusters, {row['kernel']}, {row['n_classes']} classes, snr {row['snr']}: "
        f"{row['exact']} of {row['draws']} exact, counted {counted(row)}."
        for row in rows
        if row["exact"] < row["draws"]
    ]
    return "\n\n".join(text), losses


def counted(row):
    """Range of the counts."""
    return f"{row['least']}" if row["least"] == row["most"] else f"{row['least']} to {row['most']}"


def line(row):
    """Cells of one case."""
    share = f"{row['exact'] / row['draws']:.0%}"
    return [
        row["kernel"],
        row["n_classes"],
        row["snr"],
        row["draws"],
        row["exact"],
        share,
        counted(row),
    ]


def share_exact(rows):
    """Share of exact counts, each number of classes with the same weight."""
    shares = []
    for k in sorted({row["n_classes"] for row in rows}):
        same = [row for row in rows if row["n_classes"] == k]
        shares.append(sum(row["exact"] for row in same) / sum(row["draws"] for row in same))
    return fmean(shares)


def verdicts(rows):
    """Targets of the part."""
    found = []
    for kernel in dict.fromkeys(row["kernel"] for row in rows):
        share = share_exact([row for row in rows if row["kernel"] == kernel])
        found.append(
            Verdict(
                f"number of clusters exact, {kernel}",
                f"{share:.1%}",
                f"≥ {COUNT_EXACT:.0%}",
                share >= COUNT_EXACT,
            )
        )
    noise = [row for row in rows if row["n_classes"] == 1]
    exact, draws = (sum(row[key] for row in noise) for key in ("exact", "draws"))
    found.append(
        Verdict(
            "no cluster in noise, all kernels",
            f"{exact / draws:.1%} of {draws}",
            f"≥ {COUNT_NOISE:.0%}",
            exact >= COUNT_NOISE * draws,
        )
    )
    return found
