# SPDX-License-Identifier: BSD-3-Clause
"""Tables of times and of memory."""

import numpy as np

from benchmarks.columns import in_order, of
from benchmarks.covariance.methods import ANALYTICAL, EMPIRICAL, LEDOIT, SCALED, SPIKED
from benchmarks.covariance.speed import EIGH
from benchmarks.covariance.targets import EIGH_RATIO, LARGE, LEDOIT_RATIO
from benchmarks.markdown import table
from benchmarks.memory import larger_peak
from benchmarks.ranking import by_case
from benchmarks.verdicts import Verdict

OURS = (ANALYTICAL, SCALED, SPIKED["frobenius"])
SIZE = ("n", "p")


def section(rows):
    """Text of the section, and the losses in it."""
    text = [
        "## Speed",
        "Wall time of a fit with all cores, milliseconds, medians; with the inverse, but for p = "
        "7129. *One eigh*: `numpy.linalg.eigh` of the sample covariance matrix, which is given.",
        time_table(rows),
        "### Ratios",
        "Time of a method over that of `LedoitWolf`, and over that of one eigendecomposition of a "
        "p × p matrix.",
        ratio_table(rows),
        "### Growth",
        "Exponents b of seconds ~ p^b where n = 2p and p ≥ 500, by least squares on logarithms.",
        growth_table(rows),
        "### Memory",
        "Peak beside the data, in a fresh process; in units of one p × p matrix.",
        memory_table(rows),
    ]
    return "\n\n".join(text), lost(rows)


def seconds(rows, method, **size):
    """Seconds of a fit; None where it was not measured."""
    found = of(rows, study="speed", method=method, **size)
    return found[0]["wall_median_s"] if found else None


def sizes(rows):
    """All sizes."""
    return [
        dict(zip(SIZE, case, strict=True)) for case, _ in by_case(of(rows, study="speed"), SIZE)
    ]


def time_table(rows):
    """Lay out one line per size."""
    methods = in_order(of(rows, study="speed"), "method")
    lines = []
    for size in sizes(rows):
        found = [seconds(rows, method, **size) for method in methods]
        cells = ["-" if value is None else f"{1e3 * value:.3g}" for value in found]
        lines.append([size["n"], size["p"], *cells])
    return table(["n", "p", *methods], lines)


def ratio(rows, method, peer, size):
    """Ratio of two times; None where the peer was not measured."""
    ours, theirs = (seconds(rows, name, **size) for name in (method, peer))
    return ours / theirs if ours and theirs else None


def ratio_table(rows):
    """Lay out both ratios."""
    lines = []
    for size in sizes(rows):
        found = [ratio(rows, name, peer, size) for name in OURS for peer in (LEDOIT, EIGH)]
        cells = ["-" if value is None else f"{value:.2f}" for value in found]
        lines.append([size["n"], size["p"], *cells])
    header = [f"{name} / {peer}" for name in OURS for peer in (LEDOIT, EIGH)]
    return table(["n", "p", *header], lines)


def growth_table(rows):
    """Lay out the exponents."""
    tall = [size for size in sizes(rows) if size["n"] == 2 * size["p"] and size["p"] >= LARGE]
    if len(tall) < 2:
        return "Not measured at these sizes."
    lines = []
    for method in in_order(of(rows, study="speed"), "method"):
        found = np.log([seconds(rows, method, **size) for size in tall])
        slope = np.polyfit(np.log([size["p"] for size in tall]), found, 1)[0]
        lines.append([method, f"{slope:.2f}"])
    return table(["method", "exponent"], lines)


def memory_table(rows):
    """Lay out the peaks."""
    lines = [
        [
            *(row["n"], row["p"], row["method"], row["inverse"]),
            f"{larger_peak(row) / 1e6:.0f}",
            f"{larger_peak(row) / 8 / row['p'] ** 2:.1f}",
        ]
        for row in of(rows, study="memory")
    ]
    return table(["n", "p", "method", "with the inverse", "peak, MB", "p × p matrices"], lines)


def verdicts(rows):
    """Targets of the part; none for sizes that were not measured."""
    found = []
    for peer, most in ((LEDOIT, LEDOIT_RATIO), (EIGH, EIGH_RATIO)):
        ratios = {
            (size["n"], size["p"]): value
            for size in sizes(rows)
            if size["p"] >= LARGE
            and (peer == LEDOIT or size["n"] == 2 * size["p"])
            and (value := ratio(rows, ANALYTICAL, peer, size)) is not None
        }
        if ratios:
            n, p = max(ratios, key=ratios.get)
            where = "" if peer == LEDOIT else ", n = 2p"
            found.append(
                Verdict(
                    f"time of {ANALYTICAL} over {peer}, largest for p ≥ {LARGE}{where}",
                    f"{ratios[n, p]:.2f} ({n} × {p})",
                    f"≤ {most:g}",
                    ratios[n, p] <= most,
                )
            )
    return found


def lost(rows):
    """Losses: sizes where ours is slower than a peer."""
    losses = []
    for size in sizes(rows):
        for method in OURS:
            slower = [
                f"{value:.2f} times {peer}"
                for peer in (LEDOIT, "OAS", EMPIRICAL)
                if (value := ratio(rows, method, peer, size)) is not None and value > 1
            ]
            if slower:
                losses.append(f"Time of {method}, {size['n']} × {size['p']}: {', '.join(slower)}.")
    for case, group in by_case(of(rows, study="memory"), SIZE):
        peers = {row["method"]: larger_peak(row) for row in group if row["method"] not in OURS}
        least = min(peers, key=peers.get)
        for row in group:
            if row["method"] in OURS and larger_peak(row) > peers[least]:
                losses.append(
                    f"Memory of {row['method']}, {case[0]} × {case[1]}: "
                    f"{larger_peak(row) / 1e6:.0f} MB, {least} {peers[least] / 1e6:.0f} MB."
                )
    return losses
