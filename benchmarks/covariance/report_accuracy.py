# SPDX-License-Identifier: BSD-3-Clause
"""Tables of draws from known populations."""

from benchmarks.columns import mean_cell, of
from benchmarks.covariance import targets
from benchmarks.covariance.methods import (
    ANALYTICAL,
    LEDOIT,
    LEDOIT_SCALED,
    OURS,
    SCALED,
    SPIKED,
)
from benchmarks.markdown import table
from benchmarks.ranking import grid, loss_lines, outcomes
from benchmarks.verdicts import Verdict

GAIN_CASE = ("population", "n", "p", "degrees")
LOSS_CASE = ("population", "n", "p")
LOSS_NAMES = ("frobenius", "divergence", "inverse")


def section(rows):
    """Text of the section, and the losses in it."""
    losses = of(rows, study="loss")
    text = [
        "## Accuracy",
        "### Share of the possible gain",
        "Percent of the squared Frobenius loss of the sample covariance matrix that is saved, ± "
        "one standard error; 100 is what the best eigenvalues for the sample eigenvectors would "
        "save, which need the truth. Above 100 are estimators with other eigenvectors than the "
        "sample's (those that shrink correlations). *degrees*: independent entries with "
        "Student's t instead of Gaussian ones. *Three levels*: eigenvalues 1, 3 and 10 for 20, 40 "
        "and 40 percent; *in the columns*, they are variances of the columns, and unrelated "
        "columns of unequal scale are where `scale=True` helps most. A target, from an earlier "
        f"measurement on few draws, counts as reached within {targets.GAIN_SLACK:g} point, a loss "
        f"within {targets.LOSS_SLACK:.0%}, and two standard errors more.",
        grid(of(rows, study="gain"), GAIN_CASE, "gain", larger=True, form=".1f"),
        "### Loss relative to the sample covariance matrix",
        "The same draws. An identity matrix is the best case of linear shrinkage, ten features or "
        "fewer are too few for ours.",
        grid(of(rows, study="gain"), GAIN_CASE, "relative", larger=False),
        "### White noise and three spikes",
        "Three eigenvalues as named, all others 1. Frobenius error; divergence, tr(A⁻¹Σ) - "
        "log det(A⁻¹Σ) - p; Frobenius error of the inverse. *PCA* and *FactorAnalysis* are told "
        "that there are three, ours find it.",
        loss_table(losses),
        "### Losses that were predicted",
        "`predicted_loss_`, from the training data alone, beside the loss in the quantity that it "
        "predicts. The prediction of `SpikedCovariance` is that of the limit.",
        predicted_table(rows),
    ]
    return "\n\n".join(text), lost(rows)


def loss_case(row):
    """Key of a loss among the targets."""
    return row["population"], row["n"], row["p"], row["method"]


def loss_table(rows):
    """Lay out the losses."""
    lines = []
    for row in rows:
        before = (targets.LOSSES | targets.PEER_LOSSES).get(loss_case(row))
        spikes = mean_cell(row, "n_spikes", ".2f"), mean_cell(row, "noise")
        lines.append(
            [
                *loss_case(row),
                *(mean_cell(row, name, ".3f") for name in LOSS_NAMES),
                *spikes,
                "" if before is None else " / ".join(f"{value:g}" for value in before),
            ]
        )
    header = [
        "population",
        "n",
        "p",
        "method",
        "Frobenius",
        "divergence",
        "inverse",
        "spikes",
        "noise",
    ]
    return table([*header, "earlier measurement"], lines)


def predicted_table(rows):
    """Lay out the predicted losses."""
    lines = [
        [
            *(row["population"], row["n"], row["p"], row["method"], row["loss"]),
            mean_cell(row, "predicted", ".4g"),
            mean_cell(row, "seen", ".4g"),
            f"{row['predicted'] / row['seen']:.3f}",
        ]
        for row in of(rows, study="predicted")
    ]
    header = ["population", "n", "p", "method", "loss", "predicted", "seen", "predicted / seen"]
    return table(header, lines)


def degrees_of(row):
    """Name of a law that is not Gaussian."""
    return f", t({row['degrees']})" if row["degrees"] else ""


def case_of(case):
    """Columns of a case of the shares."""
    population, p, n_less_one, degrees = case
    return {"population": population, "p": p, "n": n_less_one + 1, "degrees": degrees}


def verdicts(rows):
    """Targets of the part; none for cases that were not measured."""
    found = []
    gains = of(rows, study="gain")
    for case, (ours, peer) in targets.GAINS.items():
        for row in of(gains, **case_of(case), method=ANALYTICAL):
            (other,) = of(gains, **case_of(case), method=LEDOIT)
            least = ours - targets.GAIN_SLACK - targets.STANDARD_ERRORS * row["gain_se"]
            entries = f", t({case[3]})" if case[3] else ""
            found.append(
                Verdict(
                    f"share of the gain, {case[0]}{entries}, n = {row['n']}, p = {row['p']}",
                    f"{mean_cell(row, 'gain', '.1f')} (LedoitWolf {other['gain']:.1f})",
                    f"{ours:g} (LedoitWolf {peer:g})",
                    row["gain"] >= least,
                )
            )
    for row in of(gains, **case_of(targets.SURE_CASE), method=ANALYTICAL):
        (other,) = of(gains, **case_of(targets.SURE_CASE), method=LEDOIT)
        lead = row["gain"] - other["gain"]
        found.append(
            Verdict(
                "the first of these, and its lead over LedoitWolf",
                f"{row['gain']:.1f}, {lead:.1f}",
                f"≥ {targets.SURE_GAIN:g}, ≥ {targets.SURE_LEAD:g}",
                row["gain"] >= targets.SURE_GAIN and lead >= targets.SURE_LEAD,
            )
        )
    for row in of(gains, **case_of(targets.SQUARE_CASE), method=ANALYTICAL):
        most = targets.SQUARE_LOSS + targets.SQUARE_SLACK
        found.append(
            Verdict(
                "loss over that of the sample covariance, n - 1 = p = 100",
                mean_cell(row, "relative"),
                f"{targets.SQUARE_LOSS:g}",
                row["relative"] <= most + targets.STANDARD_ERRORS * row["relative_se"],
            )
        )
    return found + anchor_verdict(rows) + loss_verdicts(rows)


def anchor_verdict(rows):
    """Exact numbers of one draw."""
    gaps = [
        abs(row["value"] - targets.ANCHORS[row["n"], row["method"]])
        for row in of(rows, study="anchor")
        if (row["n"], row["method"]) in targets.ANCHORS
    ]
    if not gaps:
        return []
    return [
        Verdict(
            f"{len(gaps)} exact numbers of one draw, largest distance",
            f"{max(gaps):.1e}",
            f"≤ {targets.ANCHOR_TOLERANCE:g}",
            max(gaps) <= targets.ANCHOR_TOLERANCE,
        )
    ]


def loss_verdicts(rows):
    """Losses of white noise with three spikes."""
    found = []
    for row in of(rows, study="loss"):
        before = targets.LOSSES.get(loss_case(row))
        if before is None:
            continue
        most = [
            value * (1 + targets.LOSS_SLACK) + targets.STANDARD_ERRORS * row[f"{name}_se"]
            for name, value in zip(LOSS_NAMES, before, strict=True)
        ]
        seen = [row[name] for name in LOSS_NAMES]
        subject = (
            f"three losses of {row['method']}, {row['population']}, n = {row['n']}, p = {row['p']}"
        )
        found.append(
            Verdict(
                subject,
                " / ".join(f"{value:.3f}" for value in seen),
                " / ".join(f"{value:g}" for value in before),
                all(value <= bound for value, bound in zip(seen, most, strict=True)),
            )
        )
    for row in of(rows, study="loss", method=SPIKED["frobenius"]):
        if loss_case(row) not in targets.LOSSES:
            continue
        size = f"{row['population']}, n = {row['n']}, p = {row['p']}"
        found += [
            Verdict(
                f"spikes found in all draws, {size}",
                mean_cell(row, "n_spikes", ".2f"),
                f"{targets.N_SPIKES}",
                row["n_spikes"] == targets.N_SPIKES,
            ),
            Verdict(
                f"noise variance for 1, {size}",
                mean_cell(row, "noise"),
                f"1 ± {targets.NOISE_TOLERANCE:g}",
                abs(row["noise"] - 1) <= targets.NOISE_TOLERANCE,
            ),
        ]
    return found


def lost(rows):
    """Losses: peers that are as good or better."""
    # Against those that, like ours, keep the units; correlations are compared with correlations.
    gains, losses = of(rows, study="gain"), []
    ours = {ANALYTICAL: (SCALED, LEDOIT_SCALED, SPIKED["frobenius"]), SCALED: ()}
    for method, aside in ours.items():
        others = [name for name in (ANALYTICAL, SCALED, SPIKED["frobenius"]) if name != method]
        found = outcomes(
            gains, GAIN_CASE, "relative", (method,), larger=False, aside=(*aside, *others)
        )
        losses += loss_lines("Loss relative to the sample covariance", found, "relative")
    for row in of(gains, method=ANALYTICAL):
        case = {key: row[key] for key in GAIN_CASE}
        for other in of(gains, **case, method=SPIKED["frobenius"]):
            if other["relative"] > 1:
                losses.append(
                    f"SpikedCovariance, {row['population']}{degrees_of(row)}, n = {row['n']}, p = "
                    f"{row['p']}: worse than the sample covariance matrix "
                    f"({other['relative']:.2f} of its loss), as the noise is not white."
                )
    for name in LOSS_NAMES:
        found = outcomes(of(rows, study="loss"), LOSS_CASE, name, OURS, larger=False)
        losses += loss_lines(f"Three spikes, {name}", found, name)
    for row in of(rows, study="predicted"):
        away = row["predicted"] / row["seen"]
        if abs(away - 1) > targets.PREDICTION_SHARE:
            losses.append(
                f"Predicted loss of {row['method']}, {row['population']}, n = {row['n']}, p = "
                f"{row['p']}: {away:.2f} of the loss seen."
            )
    return losses
