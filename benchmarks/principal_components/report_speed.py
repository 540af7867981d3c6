# SPDX-License-Identifier: BSD-3-Clause
"""Tables of times."""

from benchmarks.columns import of
from benchmarks.markdown import table
from benchmarks.principal_components.speed import SPARSE_STRENGTHS
from benchmarks.principal_components.targets import FEWEST_ENTRIES, SPEED_RATIO
from benchmarks.ranking import by_case
from benchmarks.verdicts import Verdict

CASE = ("shape", "n", "p", "dtype", "threads")
SIZE = ("n", "p")


def section(rows):
    """Text of the section, and the losses in it."""
    text = [
        "## Speed",
        "`fit` with the defaults, milliseconds, medians; wall time with all cores, CPU time with "
        "one thread. White noise around three components.",
        default_table(rows),
        "### Few components stand out",
        "Wall time with all cores. `PCA` finds all components, or is told the number.",
        plain_table(of(rows, study="few")),
        "### Sparse",
        "Three components in noise, one percent of the entries; neither RMTPCA nor PCA centres in "
        "memory. The peers are told to find ten components. One fit each; growth of the peak "
        "resident memory beside the data.",
        sparse_table(rows),
        "### Rules for the rank",
        "Times those of *auto*, and seconds.",
        rule_table(rows),
    ]
    return "\n\n".join(text), lost(rows)


def seconds(row):
    """Time of a fit: of one thread CPU time, else wall time."""
    return row["cpu_median_s" if row["threads"] == "one" else "wall_median_s"]


def ratios(rows):
    """Ratios of the defaults: pairs of a case and of the times of RMTPCA and PCA."""
    for case, group in by_case(of(rows, study="defaults"), CASE):
        yield case, *(seconds(of(group, method=name)[0]) for name in ("RMTPCA", "PCA"))


def default_table(rows):
    """Lay out one line per case."""
    lines = [
        [*case, f"{1e3 * ours:.3g}", f"{1e3 * peer:.3g}", f"{ours / peer:.2f}"]
        for case, ours, peer in ratios(rows)
    ]
    return table(["shape", "n", "p", "type", "threads", "RMTPCA", "PCA", "ratio"], lines)


def plain_table(rows):
    """Lay out one line per size and method, with times RMTPCA's."""
    lines = []
    for case, group in by_case(rows, SIZE):
        (ours,) = of(group, method="RMTPCA")
        lines += [
            [
                *(*case, row["method"], row["components"] or "-"),
                f"{seconds(row):.3f}",
                f"{seconds(row) / seconds(ours):.2f}",
            ]
            for row in group
        ]
    return table(["n", "p", "method", "components", "seconds", "times RMTPCA"], lines)


def sparse_table(rows):
    """Lay out times and peaks."""
    lines = [
        [
            *(row["n"], row["p"], row["method"], row["components"] or "-"),
            f"{seconds(row):.3f}",
            "-" if row["resident_bytes"] == "" else f"{row['resident_bytes'] / 1e6:.0f}",
            f"{8 * row['n'] * row['p'] / 1e6:.0f}",
        ]
        for row in of(rows, study="sparse")
    ]
    return table(["n", "p", "method", "components", "seconds", "peak, MB", "dense, MB"], lines)


def rule_table(rows):
    """Lay out one line per size."""
    lines = []
    for case, group in by_case(of(rows, study="rules"), SIZE):
        (auto,) = of(group, method="auto")
        cells = [f"{seconds(row) / seconds(auto):.2f} ({seconds(row):.4f})" for row in group]
        lines.append([*case, *cells])
    header = list(dict.fromkeys(row["method"] for row in of(rows, study="rules")))
    return table(["n", "p", *header], lines)


def verdicts(rows):
    """Targets of the part."""
    found = []
    largest = {}
    for case, ours, peer in ratios(rows):
        shape, n, p, dtype, threads = case
        if n * p < FEWEST_ENTRIES:
            continue
        value = (ours / peer, f"{dtype}, {threads} thread{'s' if threads == 'all' else ''}")
        largest[shape, n, p] = max(largest.get((shape, n, p), value), value)
    for (shape, n, p), (value, where) in largest.items():
        found.append(
            Verdict(
                f"time of RMTPCA() over PCA(), {shape} {n} × {p}, largest of both types, all "
                "threads and one",
                f"{value:.2f} ({where})",
                f"≤ {SPEED_RATIO:g}",
                value <= SPEED_RATIO,
            )
        )
    for case, group in by_case(of(rows, study="few"), SIZE):
        if case[0] * case[1] < FEWEST_ENTRIES:
            continue
        ours, *full = (
            seconds(of(group, method=name)[0])
            for name in ("RMTPCA", 'RMTPCA, "covariance_eigh"', 'RMTPCA, "full"', "PCA")
        )
        found.append(
            Verdict(
                f"few components, {case[0]} × {case[1]}: seconds, full decompositions "
                "(covariance_eigh, full, PCA)",
                f"{ours:.3f} ({', '.join(f'{value:.3f}' for value in full)})",
                "less than all",
                ours < min(full),
            )
        )
    return found


def lost(rows):
    """Losses: cases where peers are faster or need less memory."""
    losses = []
    for (shape, n, p, dtype, threads), ours, peer in ratios(rows):
        if ours > peer:
            losses.append(
                f"Time, {shape} {n} × {p}, {dtype}, {threads} "
                f"thread{'s' if threads == 'all' else ''}: {ours / peer:.2f} times PCA()."
            )
    for study in ("few", "sparse"):
        for case, group in by_case(of(rows, study=study), SIZE):
            (ours,) = of(group, method="RMTPCA")
            faster = [
                f"{row['method']} {seconds(row):.3f} s"
                for row in group
                if not row["method"].startswith("RMTPCA") and seconds(row) < seconds(ours)
            ]
            if faster:
                losses.append(
                    f"{study.capitalize()}, {case[0]} × {case[1]}: RMTPCA {seconds(ours):.3f} s, "
                    f"{', '.join(faster)}."
                )
    for row in of(rows, study="sparse", method="RMTPCA"):
        if row["components"] != len(SPARSE_STRENGTHS):
            losses.append(
                f"Sparse, {row['n']} × {row['p']}: RMTPCA finds {row['components']} components, "
                f"there are {len(SPARSE_STRENGTHS)}."
            )
    return losses
