# SPDX-License-Identifier: BSD-3-Clause
"""Tables of portfolios and of discriminants from known laws."""

from benchmarks.columns import mean_cell, of
from benchmarks.covariance import targets
from benchmarks.covariance.methods import ANALYTICAL, EMPIRICAL, LEDOIT, OURS
from benchmarks.covariance.portfolio import AUTO, BEST, SVD
from benchmarks.markdown import table
from benchmarks.ranking import by_case, grid, loss_lines, outcomes
from benchmarks.verdicts import Verdict

SIZE, LAW = ("n", "p"), ("population", "n", "p")


def section(rows):
    """Text of the section, and the losses in it."""
    text = [
        "## Portfolio",
        "### Portfolios of least variance",
        "Three factors, the first of which moves all p assets, and noise of unequal variances; n "
        "days of returns. True variance of the portfolio that the estimate calls best, relative to "
        "the least possible; ± one standard error. *FactorAnalysis* is told that there are three "
        "factors, and has the right model.",
        grid(of(rows, study="portfolio"), SIZE, "variance", larger=False),
        "### Two Gaussian classes",
        "True accuracy of linear discriminants; a column per method would be too many, so a line. "
        "`LinearDiscriminantAnalysis` estimates the covariance of each class from its own rows and "
        "averages; *pooled*: one estimate from all rows less the means of their classes, with "
        "`ddof` the number of classes for ours.",
        turned(of(rows, study="lda")),
    ]
    return "\n\n".join(text), lost(rows)


def is_ours(row):
    """Whether a method has an estimator of this package in it."""
    return row["method"].removesuffix(", pooled") in OURS


def turned(rows):
    """Lay out one line per method, one column per law."""
    cases = list(by_case(rows, LAW))
    lines = []
    for method in dict.fromkeys(row["method"] for row in rows):
        line = [method]
        for _, group in cases:
            (row,) = of(group, method=method)
            best = max(other["accuracy"] for other in group if other["method"] != BEST)
            cell = f"{row['accuracy']:.3f}" if method == BEST else mean_cell(row, "accuracy")
            line.append(f"**{cell}**" if row["accuracy"] == best else cell)
        lines.append(line)
    header = [f"{population}, n = {n}, p = {p}" for (population, n, p), _ in cases]
    return table(["method", *header], lines)


def verdicts(rows):
    """Targets of the part; none for sizes that were not measured."""
    found = []
    portfolios = of(rows, study="portfolio")
    for (n, p), wanted in targets.PORTFOLIO.items():
        for row in of(portfolios, n=n, p=p, method=ANALYTICAL):
            peers = [
                f"{name} {of(portfolios, n=n, p=p, method=name)[0]['variance']:.2f}"
                for name in (LEDOIT, EMPIRICAL)
            ]
            found.append(
                Verdict(
                    f"variance of the portfolio over the least, n = {n}, p = {p}",
                    f"{mean_cell(row, 'variance')} ({', '.join(peers)})",
                    f"≤ {wanted:.2f}",
                    row["variance"] <= wanted,
                )
            )
    classes = of(rows, study="lda")
    for (population, p, n), (_, auto, ours, method) in targets.DISCRIMINANTS.items():
        case = {"population": population, "p": p, "n": n}
        for row in of(classes, **case, method=method):
            peers = [of(classes, **case, method=name)[0]["accuracy"] for name in (SVD, AUTO)]
            least = ours - targets.ACCURACY_SLACK - targets.STANDARD_ERRORS * row["accuracy_se"]
            found.append(
                Verdict(
                    f"accuracy, {population}, n = {n}, p = {p}, {method}",
                    f"{mean_cell(row, 'accuracy')} (svd {peers[0]:.3f}, auto {peers[1]:.3f})",
                    f"{ours:g} (auto {auto:g})",
                    row["accuracy"] >= least,
                )
            )
    return found


def lost(rows):
    """Losses: peers that are as good or better."""
    losses = []
    found = outcomes(of(rows, study="portfolio"), SIZE, "variance", OURS, larger=False)
    losses += loss_lines("Portfolio, n and p", found, "variance")
    classes = of(rows, study="lda")
    ours = {row["method"] for row in classes if is_ours(row)}
    found = outcomes(classes, LAW, "accuracy", ours, larger=True, aside=(BEST,))
    losses += loss_lines("Two classes", found, "accuracy")
    for case, group in by_case(classes, LAW):
        (plain,), (auto,) = of(group, method=ANALYTICAL), of(group, method=AUTO)
        if plain["accuracy"] < auto["accuracy"] - targets.ACCURACY_SLACK:
            losses.append(
                f"Two classes, {case[0]}, n = {case[1]}, p = {case[2]}: {ANALYTICAL} without "
                f"`scale` {plain['accuracy']:.3f}, {AUTO} {auto['accuracy']:.3f}."
            )
    return losses
