# SPDX-License-Identifier: BSD-3-Clause
"""Tables of the estimated risk beside the true one."""

from benchmarks.markdown import table
from benchmarks.sketched_ridge.targets import (
    EXTRAPOLATION_BIAS,
    HEAVY_TAILS_BIAS,
    RISK_BIAS,
)

ESTIMATES = {"gcv": "GCV", "loo": "leave-one-out", "theory": "theory"}
# Not judged: what everyone's cross-validation of ridge regression says.
UNSKETCHED = "no sketch"
TITLES = {
    "penalty": "Over the penalty",
    "heavy tails": "Rows of unequal length",
    "size": "Over the size of the sketch",
    "members": "From few members to 60",
}
TEXTS = {
    "penalty": "λ = alpha / n; the mean estimate relative to the true risk, less 1. Without sketch "
    "it is that of plain ridge regression, which is not judged.",
    "heavy tails": "Rows times the square root of 3 over a chi-squared variable of five degrees "
    "of freedom: GCV and the theory know the mean leverage only.",
    "size": "At the penalty that leave-one-out chooses for each size, so a choice is judged by the "
    "data that made it.",
    "members": "Risk of 60 members, estimated from the members in the first columns (*shared*: "
    "whole groups of disjoint parts of one transform) and measured with 60.",
}
LIMITS = {
    "penalty": {"gcv": RISK_BIAS, "loo": RISK_BIAS},
    "heavy tails": {"loo": HEAVY_TAILS_BIAS},
    "members": {"gcv": EXTRAPOLATION_BIAS, "loo": EXTRAPOLATION_BIAS},
}


def section(rows):
    """Text of the section, and the losses in it."""
    first = rows[0]
    text, losses = (
        [
            "## Estimated and true risk",
            f"n = {first['n']}, p = {first['p']}, Gaussian rows with decaying variances, "
            f"{first['draws']} draws; the true risk is known from the coefficients. *Theory* is "
            "`skrmt.theory.sketched_ensemble_risk`, from the population, before any fit. Means and "
            "standard errors, in per cent.",
        ],
        [],
    )
    for subject, title in TITLES.items():
        some = [row for row in rows if row["subject"] == subject]
        if some:
            text += [f"### {title}", TEXTS[subject], *LAYOUTS[subject](some)]
            losses += missed(some, LIMITS.get(subject, {}), title)
    return "\n\n".join(text), losses


def per_cent(row, name):
    """Mean and standard error of a relative figure."""
    if row[name] == "":
        return "-"
    error = "" if row[f"{name}_se"] == "" else f" ± {100 * row[f'{name}_se']:.1f}"
    return f"{100 * row[name]:+.1f}{error}"


def by_penalty(rows):
    """Lay out one table of extremes over the penalty, then one for each estimate."""
    laws = list(dict.fromkeys(row["sketch"] for row in rows))
    cells = {(row["sketch"], row["ridge"]): row for row in rows}
    ridges = [row["ridge"] for row in rows if row["sketch"] == laws[0] and row["ridge"] != "chosen"]
    lines = []
    for law in laws:
        some = [cells[law, ridge] for ridge in ridges]
        lines.append(
            [
                law,
                f"{min(row['risk'] for row in some):.3f}",
                *(extreme(some, f"{name}_bias") for name in ESTIMATES),
                per_cent(cells[law, "chosen"], "regret"),
            ]
        )
    text = [
        "The mean that is farthest off, of all penalties, and how much more than the best penalty "
        "costs the one chosen by leave-one-out:",
        table(["sketch", "least risk", *ESTIMATES.values(), "regret of the choice"], lines),
    ]
    for name, title in ESTIMATES.items():
        lines = [
            [ridge, *(per_cent(cells[law, ridge], f"{name}_bias") for law in laws)]
            for ridge in ridges
        ]
        text += [f"{title[0].upper()}{title[1:]}:", table(["λ", *laws], lines)]
    return text


def extreme(rows, name):
    """The mean farthest from 0."""
    known = [row for row in rows if row[name] != ""]
    return per_cent(max(known, key=lambda row: abs(row[name])), name) if known else "-"


def by_knob(rows):
    """Lay out one line per law, knob and penalty."""
    lines = [
        [
            row["sketch"],
            "shared" if row["partition"] == "True" else "independent",
            row["sketch_size"],
            row["n_members"],
            row["ridge"],
            f"{row['risk']:.3f}",
            *(per_cent(row, f"{name}_bias") for name in ESTIMATES),
        ]
        for row in rows
    ]
    header = ["sketch", "transforms", "m", "K", "λ", "risk", *ESTIMATES.values()]
    return [table(header, lines)]


LAYOUTS = {
    "penalty": by_penalty,
    "heavy tails": by_penalty,
    "size": by_knob,
    "members": by_knob,
}


def missed(rows, limits, title):
    """Lines for means beyond the limits, the farthest of each law and kind."""
    losses = []
    laws = dict.fromkeys((row["sketch"], row["partition"]) for row in rows)
    for law in (law for law in laws if law[0] != UNSKETCHED):
        some = [
            row
            for row in rows
            if (row["sketch"], row["partition"]) == law and row["ridge"] != "chosen"
        ]
        for name, limit in limits.items():
            worst = max(some, key=lambda row: abs(row[f"{name}_bias"]))
            if abs(worst[f"{name}_bias"]) > limit:
                losses.append(
                    f"{title}, {law[0]}: {ESTIMATES[name]} off by "
                    f"{per_cent(worst, f'{name}_bias')} % at λ = {worst['ridge']}, wanted within "
                    f"{100 * limit:.1f} %."
                )
    return losses
