# SPDX-License-Identifier: BSD-3-Clause
"""Tables of real data."""

from benchmarks.columns import mean_cell, of
from benchmarks.covariance.methods import ANALYTICAL, OURS, SCALED, SPIKED
from benchmarks.markdown import table
from benchmarks.ranking import by_case, loss_lines, outcomes

CASE = ("data", "training_rows", "p")


def section(rows):
    """Text of the section, and the losses in it."""
    text = [
        "## Data",
        "### Log-likelihood of held-out rows, by the number of columns",
        "By `score` of each estimator; means over random splits ± one standard error, which, as "
        "the splits share rows, is too small. Columns drawn at random where a set has more of "
        "them. *EmpiricalCovariance* only where the rows are more than the columns. *-inf*: in "
        "some split the estimate is singular, as training rows do not vary in some direction.",
        turned(of(rows, study="likelihood"), "likelihood"),
        "### Accuracy of linear discriminants",
        "Stratified splits, four times five folds or twenty random ones. *Pooled*: one estimate "
        "from all rows less the means of their classes.",
        turned(of(rows, study="accuracy"), "accuracy"),
        summary(rows),
    ]
    return "\n\n".join(text), lost(rows)


def turned(rows, name):
    """Lay out one line per method, one column per data set."""
    cases = list(by_case(rows, CASE))
    lines = []
    for method in dict.fromkeys(row["method"] for row in rows):
        line = [method]
        for _, group in cases:
            found, best = of(group, method=method), max(row[name] for row in group)
            cell = mean_cell(found[0], name) if found else "-"
            line.append(f"**{cell}**" if found and found[0][name] == best else cell)
        lines.append(line)
    header = [f"{data}, {n} × {p}" for (data, n, p), _ in cases]
    return table(["method", *header], lines)


def ours_in(rows):
    """Which methods are ours."""
    return {row["method"] for row in rows if row["method"].removesuffix(", pooled") in OURS}


def compared(rows, study):
    """Outcomes of a study."""
    found = of(rows, study=study)
    return list(outcomes(found, CASE, study, ours_in(found), larger=True))


def summary(rows):
    """Sentence of how many sets were won."""
    parts = []
    for study in ("likelihood", "accuracy"):
        verdicts = [verdict for *_, verdict in compared(rows, study)]
        counts = ", ".join(f"{verdicts.count(word)} {word}" for word in ("won", "tied", "lost"))
        parts.append(f"{study}: {counts}")
    return (
        "The better of ours against the best of the others, where a difference within two standard "
        f"errors is a tie: {'; '.join(parts)}."
    )


def verdicts(rows):
    """Targets of the part: it has none but to be shown."""
    return []


def lost(rows):
    """Losses: sets where peers are as good or better, and where one of ours falls far behind."""
    losses = []
    for study in ("likelihood", "accuracy"):
        losses += loss_lines(f"Data, {study}", compared(rows, study), study)
    for case, group in by_case(of(rows, study="likelihood"), CASE):
        best = max(row["likelihood"] for row in group if row["method"] not in OURS)
        behind = [
            f"{row['method']} {row['likelihood']:.3f}"
            for row in group
            if row["method"] in (ANALYTICAL, SCALED, SPIKED["frobenius"])
            and row["likelihood"] < best - 2 * row["likelihood_se"]
        ]
        if behind:
            losses.append(
                f"Data, likelihood, {case[0]}, {case[1]} × {case[2]}: behind the best peer "
                f"({best:.3f}) are {', '.join(behind)}."
            )
    return losses
