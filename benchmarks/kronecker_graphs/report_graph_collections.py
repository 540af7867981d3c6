# SPDX-License-Identifier: BSD-3-Clause
"""Tables of the collections of graphs."""

from benchmarks.columns import of
from benchmarks.kronecker_graphs.quoted import BASELINES
from benchmarks.kronecker_graphs.targets import COLLECTION_RATE
from benchmarks.markdown import table
from benchmarks.verdicts import Verdict

TITLES = {
    "mutag": "MUTAG",
    "proteins": "PROTEINS",
    "enzymes": "ENZYMES",
    "imdb_binary": "IMDB-BINARY",
}
OURS = ("initiator and counts", "initiator")
FEATURES = (*OURS, "n, E", "n, E, degrees", "n, E, degrees, vertex labels")
CLASSIFIERS = ("forest", "SVC")


def section(rows):
    """Text of the section, and the losses in it."""
    text = [
        "## Collections",
        "### Speed",
        "`KroneckerGraphFeatures().transform`, one thread, median CPU time of rounds.",
        speed_table(rows),
        "### Classification",
        "Mean accuracy of a random forest / a support vector machine. The features are the first "
        "step of a `Pipeline`; the second one is `RandomForestClassifier` or a `GridSearchCV` of "
        "`StandardScaler` and `SVC`. *Quoted* are the figures that come with the data: a forest on "
        "size, degrees and vertex labels, folds of its own. Ours do not see the labels of the "
        "vertices: where these tell the classes apart, as in ENZYMES, the features with labels "
        "show what that costs.",
        accuracy_table(rows),
    ]
    return "\n\n".join(text), lost(rows)


def names(rows):
    """All collections, in their order."""
    return list(dict.fromkeys(row["collection"] for row in rows))


def rate(row):
    """Graphs a second."""
    return row["graphs"] / row["cpu_median_s"]


def speed_table(rows):
    """Lay out the times."""
    lines = [
        [
            TITLES[row["collection"]],
            row["graphs"],
            f"{row['cpu_median_s']:.3f}",
            f"{rate(row):.0f}",
            f"{row['graphs'] / row['cpu_min_s']:.0f}",
        ]
        for row in of(rows, study="speed")
    ]
    return table(["collection", "graphs", "CPU, s", "graphs/s", "graphs/s, fastest round"], lines)


def accuracy_table(rows):
    """Lay out one line per kind of features, one column per collection."""
    found = of(rows, study="accuracy")
    lines = []
    for features in FEATURES:
        cells = []
        for name in names(rows):
            group = of(found, collection=name, method=features)
            by = {row["classifier"]: row for row in group}
            cells.append(
                " / ".join(
                    f"{by[c]['accuracy']:.3f} ± {by[c]['accuracy_sd']:.3f}" for c in CLASSIFIERS
                )
                if by
                else "no labels"
            )
        lines.append([features, *cells])
    lines.append(["quoted, forest", *(f"{BASELINES[name]:.3f}" for name in names(rows))])
    folds = max(row["folds"] for row in found)
    header = [f"features, {folds} folds, forest / SVC, ± deviation of the folds"]
    return table([*header, *(TITLES[name] for name in names(rows))], lines)


def verdicts(rows):
    """Targets of the part."""
    return [
        Verdict(
            f"{TITLES[row['collection']]}, graphs/s",
            f"{rate(row):.0f}",
            f"≥ {COLLECTION_RATE:.0f}",
            rate(row) >= COLLECTION_RATE,
        )
        for row in of(rows, study="speed")
    ]


def lost(rows):
    """Losses: features without a model, or quoted ones, that the best of ours does not reach."""
    losses = []
    found = of(rows, study="accuracy")
    for name in names(rows):
        group = of(found, collection=name)
        ours = max((row for row in group if row["method"] in OURS), key=lambda row: row["accuracy"])
        better = [
            f"{features} {best['accuracy']:.3f} ({best['classifier']})"
            for features in FEATURES[len(OURS) :]
            if of(group, method=features)
            and (best := max(of(group, method=features), key=lambda row: row["accuracy"]))[
                "accuracy"
            ]
            > ours["accuracy"]
        ]
        if BASELINES[name] > ours["accuracy"]:
            better.append(f"quoted {BASELINES[name]:.3f}")
        if better:
            losses.append(
                f"{TITLES[name]}: accuracy {ours['accuracy']:.3f} at best ({ours['method']}, "
                f"{ours['classifier']}); better {', '.join(better)}."
            )
        alone = max(of(group, method=OURS[1]), key=lambda row: row["accuracy"])
        size = max(of(group, method="n, E"), key=lambda row: row["accuracy"])
        if size["accuracy"] > alone["accuracy"]:
            losses.append(
                f"{TITLES[name]}: the initiator alone {alone['accuracy']:.3f}, the numbers of "
                f"vertices and edges alone {size['accuracy']:.3f}."
            )
    return losses
