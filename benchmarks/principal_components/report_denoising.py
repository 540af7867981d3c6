# SPDX-License-Identifier: BSD-3-Clause
"""Tables of errors after denoising, and of what was predicted."""

from benchmarks.columns import in_order, mean_cell, of
from benchmarks.markdown import table
from benchmarks.principal_components import targets
from benchmarks.principal_components.denoising import HARD, HINDSIGHT, OURS, STRENGTHS, TRUE_RANK
from benchmarks.ranking import by_case, loss_lines, outcomes
from benchmarks.verdicts import Verdict

SIZE, CASE = ("n", "p"), ("n", "p", "noise")
MIDPOINT_RULE = "median over 1 + p/n"
DIRECTIONAL = (
    *("variance", "cosine", "variance of new scores"),
    *("weight of new scores", "weight of training scores"),
)
WHOLE = ("noise variance", "error of new samples", "error of training data")


def section(rows):
    """Text of the section, and the losses in it."""
    text = [
        "## Denoising",
        "### Error of the training data",
        f"Squared Frobenius error in units of max(n, p) σ², white noise, singular values "
        f"{', '.join(f'{x:g}' for x in STRENGTHS)} in units of σ √max(n, p). *Theory*: the limit "
        'of the optimal error. *All above the edge* is `RMTPCA(20, noise="white")`: it keeps all '
        "singular values above the edge of the noise, also those that a rule for the rank would "
        "not trust. *Best rank in hindsight* knows the signal. *Hard threshold*: that of "
        '"gavish-donoho", singular values as they are.',
        loss_table(rows),
        "### Directions",
        "With the number of components given, means over 10 draws: what `RMTPCA` says from the "
        "training data, and what is seen. *Spike*: true eigenvalue, in units of the noise. "
        "*Variance* of the population along the axis, with PCA's beside it; *cosine* of sample "
        "and true axis; *variance of new scores* over that of the training scores "
        "(`score_shrinkage_**2`); *weights* that denoise scores best, of new samples and of the "
        "training data.",
        direction_table(rows),
        "### Noise, and mean squared errors",
        "The mean noise variance of a column by `RMTPCA`, by `PCA` with the same number of "
        "components, and by `FactorAnalysis`. Errors of an entry after `denoise` of new samples "
        "and after `fit_denoise`, predicted and seen, and of `PCA.inverse_transform`.",
        whole_table(rows),
        "### Variance of white noise",
        "2000 rows of noise of variance 1, alone or around three components. *Median over 1 + "
        "p/n*: what a package of the same import name does by default, as written here.",
        noise_table(rows),
    ]
    return "\n\n".join(text), lost(rows)


def loss_table(rows):
    """Lay out the losses."""
    found = of(rows, study="loss")
    methods = in_order(found, "method")
    lines = []
    for case, group in by_case(found, SIZE):
        cells = [mean_cell(of(group, method=method)[0], "loss", ".2f") for method in methods]
        lines.append([*case, *cells, f"{group[0]['theory']:.2f}"])
    return table(["n", "p", *methods, "theory"], lines)


def pair(row):
    """Cell of a prediction and of what was seen."""
    if row["predicted"] == "":
        return f"seen {row['seen']:.4g}"
    return f"{row['predicted']:.4g} / {row['seen']:.4g} ± {row['seen_se']:.1g}"


def direction_table(rows):
    """Lay out one line per case and component: predicted / seen."""
    lines = []
    found = [row for row in of(rows, study="prediction") if row["quantity"] in DIRECTIONAL]
    for case, group in by_case(found, (*CASE, "component")):
        cells = [pair(of(group, method="RMTPCA", quantity=name)[0]) for name in DIRECTIONAL]
        pca = of(group, method="PCA", quantity="variance")[0]["predicted"]
        lines.append([*case, cells[0], f"{pca:.4g}", *cells[1:]])
    header = ["n", "p", "noise", "spike", "variance", "PCA's", *DIRECTIONAL[1:]]
    return table(header, lines)


def whole_table(rows):
    """Lay out one line per case."""
    lines = []
    found = [row for row in of(rows, study="prediction") if row["quantity"] in WHOLE]
    for case, group in by_case(found, CASE):
        noise = of(group, quantity=WHOLE[0])
        line = [*case, f"{noise[0]['seen']:.4g}"]
        for method in ("RMTPCA", "PCA", "FactorAnalysis"):
            line.append(f"{of(noise, method=method)[0]['predicted']:.4g}")
        for name in WHOLE[1:]:
            ours, pca = (of(group, method=key, quantity=name)[0] for key in ("RMTPCA", "PCA"))
            line += [pair(ours), f"{pca['seen']:.4g}"]
        lines.append(line)
    header = ["n", "p", "noise", "true noise variance", "RMTPCA", "PCA", "FactorAnalysis"]
    errors = [cell for name in WHOLE[1:] for cell in (f"{name}, predicted / seen", "of PCA")]
    return table([*header, *errors], lines)


def noise_table(rows):
    """Lay out one line per case, one column per estimate."""
    found = of(rows, study="noise")
    methods = in_order(found, "method")
    lines = []
    for case, group in by_case(found, CASE):
        cells = [mean_cell(of(group, method=method)[0], "seen", ".4f") for method in methods]
        lines.append([*case, *cells])
    return table(["n", "p", "noise", *methods], lines)


def verdicts(rows):
    """Targets of the part; none for sizes that were not measured."""
    found = []
    losses = of(rows, study="loss")
    for (n, p), (ours, true_rank, hindsight) in targets.LOSSES.items():
        for row in of(losses, n=n, p=p, method="RMTPCA, all above the edge"):
            seen = [of(losses, n=n, p=p, method=name)[0]["loss"] for name in (TRUE_RANK, HINDSIGHT)]
            most = ours * (1 + targets.LOSS_SLACK) + targets.STANDARD_ERRORS * row["loss_se"]
            found.append(
                Verdict(
                    f"error of the training data, {n} × {p} (true rank, best in hindsight)",
                    f"{mean_cell(row, 'loss', '.2f')} ({seen[0]:.2f}, {seen[1]:.2f})",
                    f"{ours:g} ({true_rank:g}, {hindsight:g})",
                    row["loss"] <= most,
                )
            )
    return found + prediction_verdicts(rows) + noise_verdicts(rows)


def prediction_verdicts(rows):
    """Predictions in white noise, away from the transition."""
    found = []
    white = of(rows, study="prediction", method="RMTPCA", noise="white")
    for name in DIRECTIONAL:
        near = []
        for row in of(white, quantity=name):
            if row["component"] not in targets.PREDICTED_LEVELS:
                continue
            slack = (
                targets.STANDARD_ERRORS * (row["seen_se"] ** 2 + row["predicted_se"] ** 2) ** 0.5
            )
            if name == "cosine":
                most = targets.COSINE_TOLERANCE
            else:
                most = targets.PREDICTION_SHARE * row["seen"]
            near.append(abs(row["predicted"] - row["seen"]) <= most + slack)
        if near:
            wanted = targets.COSINE_TOLERANCE if name == "cosine" else targets.PREDICTION_SHARE
            found.append(
                Verdict(
                    f"{name} as predicted, white noise, spikes of 4 and 10, within "
                    f"{wanted if name == 'cosine' else f'{wanted:.0%}'} and two standard errors",
                    f"{sum(near)} of {len(near)}",
                    f"all {len(near)}",
                    all(near),
                )
            )
    return found


def noise_verdicts(rows):
    """Variances of white noise; the biased rule is to be as biased as was said."""
    found = []
    for row in of(rows, study="noise", method=MIDPOINT_RULE):
        wanted = targets.MIDPOINT.get(round(row["p"] / row["n"], 6))
        if wanted is None or row["noise"] != "alone" or row["n"] < 1000:
            continue
        case = {key: row[key] for key in CASE}
        ours = [
            of(rows, study="noise", **case, method=name)[0]["seen"]
            for name in ("RMTPCA", "SpikedCovariance")
        ]
        near = all(abs(value - 1) <= targets.NOISE_TOLERANCE for value in ours)
        found.append(
            Verdict(
                f"variance of white noise, p / n = {row['p'] / row['n']:g}, RMTPCA and "
                f"SpikedCovariance (median over 1 + p/n: {wanted:g})",
                f"{ours[0]:.4f}, {ours[1]:.4f} ({row['seen']:.3f})",
                f"1 ± {targets.NOISE_TOLERANCE:g}",
                near and abs(row["seen"] - wanted) <= targets.NOISE_TOLERANCE,
            )
        )
    return found


def lost(rows):
    """Losses: peers with smaller errors, and predictions that are off."""
    losses = []
    found = outcomes(of(rows, study="loss"), SIZE, "loss", OURS, larger=False)
    losses += loss_lines("Error of the training data", found, "loss", ".2f")
    for case, group in by_case(of(rows, study="loss"), SIZE):
        (ours,), (hard,) = of(group, method="RMTPCA"), of(group, method=HARD)
        if ours["loss"] >= hard["loss"]:
            losses.append(
                f"Error of the training data, {case[0]} × {case[1]}: RMTPCA {ours['loss']:.2f}, "
                f"hard threshold {hard['loss']:.2f}."
            )
    for row in of(rows, study="prediction", method="RMTPCA"):
        off = abs(row["predicted"] / row["seen"] - 1)
        chance = targets.STANDARD_ERRORS * row["seen_se"] / abs(row["seen"])
        if off > 0.1 + chance:
            spike = f", spike {row['component']:g}" if row["component"] != "" else ""
            losses.append(
                f"Prediction, {row['n']} × {row['p']}, {row['noise']} noise{spike}: "
                f"{row['quantity']} {row['predicted']:.3g}, seen {row['seen']:.3g}."
            )
    for case, group in by_case(of(rows, study="prediction"), CASE):
        for name in WHOLE[1:]:
            ours, pca = (of(group, method=key, quantity=name)[0] for key in ("RMTPCA", "PCA"))
            if ours["seen"] >= pca["seen"]:
                losses.append(
                    f"{name.capitalize()}, {case[0]} × {case[1]}, {case[2]} noise: "
                    f"{ours['seen']:.4g}, PCA {pca['seen']:.4g}."
                )
    return losses
