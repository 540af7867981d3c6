# SPDX-License-Identifier: BSD-3-Clause
"""Table of many rows."""

from itertools import groupby

from benchmarks.markdown import table
from benchmarks.spectral_clustering.methods import PEERS
from benchmarks.spectral_clustering.targets import (
    ERROR,
    SCALE_BYTES,
    SCALE_COLUMNS,
    SCALE_ROWS,
    SCALE_SECONDS,
)
from benchmarks.verdicts import Verdict

HEADER = (
    "n",
    "method",
    "CPU, s",
    "wall, s",
    "peak beside the data, MB",
    "affinity, MB",
    "dense float64, MB",
    "accuracy",
    "predict 100 000 rows, s",
    "accuracy of new rows",
)


def section(rows):
    """Text of the section, and the losses in it."""
    text = [
        "## Many rows",
        f"Eight Gaussian classes, p = {rows[0]['p']}, float32, one thread, one fit. *Signed* "
        "stores what `memory_limit` allows by default. The time to predict is that of 10 000 rows, "
        "times ten.",
        table(HEADER, [line(row) for row in rows]),
    ]
    return "\n\n".join(text), lost(rows)


def line(row):
    """Cells of one fit."""
    ours = row["predict_rows"] != ""
    resident = row["resident_bytes"]
    predict = 1e5 * row["predict_cpu_s"] / row["predict_rows"] if ours else 0.0
    return [
        row["n"],
        row["method"],
        f"{row['cpu_s']:.1f}",
        f"{row['wall_s']:.1f}",
        "not supported" if resident == "" else f"{resident / 1e6:.0f}",
        f"{row['bytes'] / 1e6:.1f}" if ours else "",
        f"{8 * row['n'] ** 2 / 1e6:.0f}",
        f"{row['accuracy']:.3f}",
        f"{predict:.1f}" if ours else "",
        f"{row['predict_accuracy']:.3f}" if ours else "",
    ]


def verdicts(rows):
    """Targets of the part."""
    found = []
    for row in rows:
        if (row["n"], row["p"]) != (SCALE_ROWS, SCALE_COLUMNS) or row["method"] in PEERS:
            continue
        subject = f"n = {row['n']}, p = {row['p']}, {row['method']}"
        found.append(
            Verdict(
                f"time of {subject}",
                f"{row['cpu_s']:.0f} s",
                f"≤ {SCALE_SECONDS:.0f} s",
                row["cpu_s"] <= SCALE_SECONDS,
            )
        )
        if row["resident_bytes"] != "":
            found.append(
                Verdict(
                    f"peak beside the data of {subject}",
                    f"{row['resident_bytes'] / 1e6:.0f} MB",
                    f"≤ {SCALE_BYTES / 1e6:.0f} MB",
                    row["resident_bytes"] <= SCALE_BYTES,
                )
            )
    return found


def lost(rows):
    """Losses: peers that are as accurate in less time or memory."""
    losses = []
    for n, group in groupby(rows, key=lambda row: row["n"]):
        group = list(group)
        peers = [row for row in group if row["method"] in PEERS]
        for row in group:
            if row["method"] in PEERS:
                continue
            better = [
                f"{peer['method']} ({peer['cpu_s']:.1f} s, accuracy {peer['accuracy']:.3f})"
                for peer in peers
                if peer["cpu_s"] < row["cpu_s"] and peer["accuracy"] >= row["accuracy"] - ERROR
            ]
            if better:
                losses.append(
                    f"{n} rows, {row['method']}: {row['cpu_s']:.1f} s, accuracy "
                    f"{row['accuracy']:.3f}; as accurate and faster: {', '.join(better)}."
                )
    return losses
