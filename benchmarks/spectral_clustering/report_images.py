# SPDX-License-Identifier: BSD-3-Clause
"""Table of the images."""

from benchmarks.markdown import table
from benchmarks.memory import larger_peak, peak_cells
from benchmarks.spectral_clustering.methods import NEAREST, PEERS
from benchmarks.spectral_clustering.targets import (
    IMAGES_BYTES,
    IMAGES_NMI,
    IMAGES_SPEED,
    TIE,
)
from benchmarks.verdicts import Verdict

# What the user guide advises for images.
ADVISED = "cosine"
HEADER = ("method", "NMI", "ARI", "accuracy", "CPU, s", "wall, s", "fits")


def section(rows):
    """Text of the section, and the losses in it."""
    peers = [row for row in rows if row["method"] in PEERS]
    header = [
        *HEADER,
        *(f"times as fast as {peer['method']}" for peer in peers),
        "resident, MB",
        "traced, MB",
    ]
    text = [
        "## Images",
        f"The {rows[0]['n']} test images of MNIST, {rows[0]['p']} pixels divided by their largest "
        "value, float32; ten clusters. What takes more than eight seconds of CPU time is fitted "
        "once, the rest three times with different seeds, and the scores are means. Memory is the "
        "peak beside the data: growth of the resident memory, and what NumPy asked for.",
        table(header, [line(row, peers) for row in rows]),
    ]
    return "\n\n".join(text), lost(rows, peers)


def line(row, peers):
    """Cells of one method."""
    return [
        row["method"],
        *(f"{row[key]:.3f}" for key in ("nmi", "ari", "accuracy")),
        f"{row['cpu_median_s']:.2f}",
        f"{row['wall_median_s']:.2f}",
        row["rounds"],
        *(f"{peer['cpu_median_s'] / row['cpu_median_s']:.1f}" for peer in peers),
        *peak_cells(row),
    ]


def verdicts(rows):
    """Targets of the part."""
    by_method = {row["method"]: row for row in rows}
    ours, nearest = by_method[ADVISED], by_method[NEAREST]
    speed, peak = nearest["cpu_median_s"] / ours["cpu_median_s"], larger_peak(ours)
    return [
        Verdict(
            "NMI with metric='cosine'",
            f"{ours['nmi']:.3f}",
            f"≥ {IMAGES_NMI:.2f}",
            ours["nmi"] >= IMAGES_NMI,
        ),
        Verdict(
            f"times as fast as {NEAREST}",
            f"{speed:.1f}",
            f"≥ {IMAGES_SPEED:.0f}",
            speed >= IMAGES_SPEED,
        ),
        Verdict(
            "peak memory beside the data",
            f"{peak / 1e6:.0f} MB",
            f"≤ {IMAGES_BYTES / 1e6:.0f} MB",
            peak <= IMAGES_BYTES,
        ),
    ]


def lost(rows, peers):
    """Losses: what a peer does better in agreement, time or memory."""
    figures = {
        "NMI": (lambda row: -row["nmi"], TIE, lambda row: f"{row['nmi']:.3f}"),
        "time": (lambda row: row["cpu_median_s"], 0, lambda row: f"{row['cpu_median_s']:.2f} s"),
        "memory": (larger_peak, 0, lambda row: f"{larger_peak(row) / 1e6:.0f} MB"),
    }
    losses = []
    for row in rows:
        if row["method"] in PEERS:
            continue
        for name, (value, slack, shown) in figures.items():
            better = [
                f"{peer['method']} {shown(peer)}"
                for peer in peers
                if value(peer) < value(row) - slack
            ]
            if better:
                losses.append(
                    f"Images, {row['method']}, {name} {shown(row)}: better {', '.join(better)}."
                )
    return losses
