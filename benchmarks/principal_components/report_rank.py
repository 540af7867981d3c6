# SPDX-License-Identifier: BSD-3-Clause
"""Tables of the rules for the number of components."""

from benchmarks.columns import of
from benchmarks.markdown import table
from benchmarks.principal_components.rank import METHODS, MLE, OURS, PERMUTATION, SHARE
from benchmarks.principal_components.targets import AUTO_SHARE, RANK_SLACK, RANKS
from benchmarks.ranking import by_case
from benchmarks.verdicts import Verdict

CASE = ("n", "p", "spikes", "noise", "along_columns")
RULES = tuple(method for method in METHODS if method != SHARE)


def section(rows):
    """Text of the section, and the losses in it."""
    text = [
        "## Rank",
        "Share of the draws in which a rule finds the number of components; the first four are "
        "rules of `RMTPCA`. 20 draws, 50 for *auto*. *Permutation*: parallel analysis with "
        'columns permuted. `PCA("mle")` needs more rows than columns. *Along columns*: each '
        "component has a column of its own, which rules for unequal column variances take for a "
        "noisy column. A target, from an earlier measurement on few draws, counts as reached "
        f"within {RANK_SLACK:g}.",
        share_table(rows),
        "### Numbers that were found",
        "Mean, and smallest to largest.",
        number_table(rows),
    ]
    return "\n\n".join(text), lost(rows)


def label(case):
    """Cells of a case."""
    n, p, spikes, noise, along = case
    return [n, p, f"{spikes}{', along columns' if along == 'True' else ''}", noise]


def share_table(rows):
    """Lay out the shares."""
    lines = []
    for case, group in by_case(rows, CASE):
        shares = {row["method"]: row["right"] for row in group}
        best = max(shares[method] for method in shares if method != SHARE)
        cells = [
            "-" if method not in shares else bold(f"{shares[method]:.2f}", shares[method] == best)
            for method in RULES
        ]
        lines.append([*label(case), *cells])
    return table(["n", "p", "spikes", "noise", *RULES], lines)


def bold(cell, is_best):
    """Cell in bold if it is the best of its line."""
    return f"**{cell}**" if is_best else cell


def number_table(rows):
    """Lay out the numbers."""
    lines = []
    for case, group in by_case(rows, CASE):
        found = {row["method"]: row for row in group}
        cells = [
            f"{found[method]['mean_rank']:.1f} ({found[method]['least_rank']} to "
            f"{found[method]['most_rank']})"
            if method in found
            else "-"
            for method in METHODS
        ]
        lines.append([*label(case), *cells])
    return table(["n", "p", "spikes", "noise", *METHODS], lines)


def verdicts(rows):
    """Targets of the part; none for cases that were not measured."""
    found, auto = [], []
    for (n, p, spikes, noise), (signflip, kn) in RANKS.items():
        group = of(rows, n=n, p=p, spikes=spikes, noise=noise, along_columns="False")
        if not group:
            continue
        auto += of(group, method="auto")
        for method, wanted in (("signflip", signflip), ("kn", kn)):
            if wanted is None:
                continue
            (row,) = of(group, method=method)
            found.append(
                Verdict(
                    f"right ranks of {method}, {n} × {p}, spikes {spikes}, {noise}",
                    f"{row['right']:.2f}",
                    f"{wanted:.2f}",
                    row["right"] >= wanted - RANK_SLACK - 1e-9,
                )
            )
    if auto:
        least = min(auto, key=lambda row: row["right"])
        found.append(
            Verdict(
                f"right ranks of auto, least of these {len(auto)} cases",
                f"{least['right']:.2f} ({least['n']} × {least['p']}, {least['noise']})",
                f"≥ {AUTO_SHARE:g}",
                least["right"] >= AUTO_SHARE,
            )
        )
    return found


def lost(rows):
    """Losses: cases where another rule is right more often, or none is."""
    losses = []
    for case, group in by_case(rows, CASE):
        shares = {row["method"]: row["right"] for row in group if row["method"] != SHARE}
        n, p, spikes, noise = label(case)
        name = f"Rank, {n} × {p}, spikes {spikes}, {noise} noise"
        better = [
            f"{method} {shares[method]:.2f}"
            for method in ("signflip", "kn", "gavish-donoho", PERMUTATION, MLE)
            if shares.get(method, 0) > shares["auto"]
        ]
        if better:
            losses.append(f"{name}: auto is right in {shares['auto']:.2f}, {', '.join(better)}.")
        elif max(shares[method] for method in OURS) < 0.5:
            losses.append(f"{name}: no rule is right in half of the draws.")
    return losses
