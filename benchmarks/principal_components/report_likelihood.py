# SPDX-License-Identifier: BSD-3-Clause
"""Tables of the log-likelihood of held-out rows."""

from benchmarks.columns import mean_cell, of
from benchmarks.markdown import table
from benchmarks.ranking import by_case, outcomes

CASE = ("data", "noise", "standardised", "n", "p")
OURS = ("RMTPCA",)


def section(rows):
    """Text of the section, and the losses in it."""
    text = [
        "## Likelihood",
        "Mean log-likelihood of held-out rows by the number of columns, ± one standard error over "
        "draws or random splits (which share rows); in brackets the mean number of components. "
        "*PCA, rank of RMTPCA* has the same components and PCA's own variances. *FactorAnalysis* "
        "is told the true number, or that of `RMTPCA` on real data.",
        "### Known laws",
        likelihood_table(of(rows, study="simulated")),
        "### Data",
        likelihood_table(of(rows, study="real")),
        summary(rows),
    ]
    return "\n\n".join(text), lost(rows)


def label(case):
    """Name of a case."""
    data, noise, standardised, n, p = case
    kind = noise or ("standardised" if standardised == "True" else "own units")
    return f"{data}, {kind}, {n} × {p}"


def likelihood_table(rows):
    """Lay out one line per model, one column per case."""
    cases = list(by_case(rows, CASE))
    lines = []
    for method in dict.fromkeys(row["method"] for row in rows):
        line = [method]
        for _, group in cases:
            found, best = of(group, method=method), max(row["likelihood"] for row in group)
            if not found:
                line.append("-")
                continue
            cell = f"{mean_cell(found[0], 'likelihood', '.4f')} ({found[0]['components']:.3g})"
            line.append(f"**{cell}**" if found[0]["likelihood"] == best else cell)
        lines.append(line)
    return table(["model", *(label(case) for case, _ in cases)], lines)


def summary(rows):
    """Sentence of how many cases were won."""
    parts = []
    for study in ("simulated", "real"):
        found = outcomes(of(rows, study=study), CASE, "likelihood", OURS, larger=True)
        words = [verdict for *_, verdict in found]
        counts = ", ".join(f"{words.count(word)} {word}" for word in ("won", "tied", "lost"))
        parts.append(f"{study}: {counts}")
    return (
        "Against the best of the others, where a difference within two standard errors is a tie: "
        f"{'; '.join(parts)}."
    )


def verdicts(rows):
    """Targets of the part: it has none but to be shown."""
    return []


def lost(rows):
    """Losses: models that are as likely or likelier."""
    losses = []
    for case, first, second, verdict in outcomes(rows, CASE, "likelihood", OURS, larger=True):
        if verdict != "won":
            losses.append(
                f"Likelihood, {label(case)}: {verdict}, RMTPCA "
                f"{mean_cell(first, 'likelihood', '.4f')}, {second['method']} "
                f"{mean_cell(second, 'likelihood', '.4f')}."
            )
    return losses
