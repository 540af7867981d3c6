# SPDX-License-Identifier: BSD-3-Clause
"""Tables of the real graphs."""

from benchmarks.columns import of
from benchmarks.kronecker_graphs.columns import cell_numbers, matrix
from benchmarks.kronecker_graphs.quoted import PUBLISHED, PUBLISHED_MOMENTS
from benchmarks.kronecker_graphs.targets import (
    LINK_AUC,
    REAL_MLE,
    REAL_MLE_DISTANCE,
    REAL_MOMENTS,
    REAL_MOMENTS_DISTANCE,
    REJECTED,
)
from benchmarks.markdown import table
from benchmarks.verdicts import Verdict
from skrmt.theory import SUBGRAPHS

TITLES = {
    "as20": "AS-20",
    "ca_grqc": "CA-GrQc",
    "facebook": "ego-Facebook",
    "power": "power grid",
    "wiki_vote": "wiki-Vote",
    "gnutella08": "Gnutella 08",
}
STATISTICS = {
    "triangles": ("triangles", ".0f"),
    "clustering": ("average clustering", ".3f"),
    "max_degree": ("largest degree", ".0f"),
    "eigenvalue": ("largest eigenvalue", ".1f"),
    "diameter": ("effective diameter", ".1f"),
    "ks": ("KS of the degrees", ".3f"),
}
LONG = "mle, 300 rounds"
CHUNG_LU, OBSERVED = "Chung-Lu", "the graph"


def section(rows):
    """Text of the section, and the losses in it."""
    rows = sorted(rows, key=lambda row: list(TITLES).index(row["graph"]))
    text = [
        "## Graphs",
        "### Initiators",
        "Undirected graphs, arcs without their direction. Entries are θ11, θ12, θ22 in canonical "
        "order; *published* are those of KronFit [Leskovec et al., JMLR 2010] and of moments "
        "[Gleich, Owen, Internet Mathematics 2012]. E/F: expected over observed numbers of edges, "
        "wedges, 3-stars and triangles. J and p: test of the model. The log-likelihood is that "
        "with the last labels."
        + (
            " *300 rounds* in place of 30 show how far the default is from its limit."
            if of(rows, study="fit", method=LONG)
            else ""
        ),
        fit_table(rows, False),
        "Observed counts:",
        count_table(rows, False),
    ]
    if of(rows, study="fit", directed="True"):
        text += [
            "### With directions",
            "Entries are θ11, θ12, θ21, θ22; E/F in the order of the counts below, - where there "
            "is nothing to divide by.",
            fit_table(rows, True),
            "Observed counts:",
            count_table(rows, True),
        ]
    text += [
        "### What the test says",
        "\n".join(f"- {line}" for line in rejections(rows)),
        "### Drawn graphs",
        "Means over three draws each, vertices with an edge only. Effective diameter: steps within "
        "which 90 % of the joined pairs are, from 64 vertices. KS: Kolmogorov-Smirnov distance of "
        "the degrees from the graph's. A Chung-Lu graph has the degrees of the graph in "
        "expectation, and fits no model to it: a reference for what degrees alone explain.",
        drawn_table(rows),
    ]
    if of(rows, study="links"):
        text += [
            "### Hidden edges",
            "A tenth of the edges hidden, against as many pairs without an edge: area under the "
            "ROC curve of the mean probability over draws of the labels (`solver='mle'`), and of "
            "two scores that need no fit.",
            link_table(rows),
        ]
    return "\n\n".join(text), lost(rows)


def title(row):
    """Name of a graph on the page."""
    return TITLES[row["graph"]]


def published_cell(row):
    """Published initiator of the same method, if there is one."""
    published = PUBLISHED_MOMENTS if row["method"] == "moments" else PUBLISHED
    return matrix(published[row["graph"]]) if row["graph"] in published else ""


def pvalue_cell(row):
    """Lay out a p-value."""
    return f"< {REJECTED:g}" if row["pvalue"] < REJECTED else f"{row['pvalue']:.3f}"


def fit_table(rows, directed):
    """Lay out the fits."""
    lines = []
    for row in of(rows, study="fit", directed=str(directed)):
        ratios = " ".join(
            "-" if ratio != ratio else f"{ratio:.3f}" for ratio in cell_numbers(row["ratios"])
        )
        initiator = matrix(cell_numbers(row["initiator"]))
        sizes = [row["n"], row["edges"], row["K"]]
        published = [] if directed else [published_cell(row)]
        likelihood = "" if row["log_likelihood"] == "" else f"{row['log_likelihood']:.0f}"
        test = [
            likelihood,
            ratios,
            f"{row['statistic']:.0f}",
            pvalue_cell(row),
            f"{row['cpu_s']:.2f}",
        ]
        lines.append([title(row), *sizes, row["method"], initiator, *published, *test])
    header = ["graph", "n", "arcs" if directed else "edges", "K", "solver", "initiator"]
    header += [] if directed else ["published"]
    return table([*header, "log-likelihood", "E/F", "J", "p", "CPU, s"], lines)


def count_table(rows, directed):
    """Lay out the observed counts."""
    lines = [
        [title(row), *(f"{count:.0f}" for count in cell_numbers(row["counts"]))]
        for row in of(rows, study="fit", directed=str(directed), method="moments")
    ]
    return table(["graph", *(name.replace("_", " ") for name in SUBGRAPHS[directed])], lines)


def rejections(rows):
    """Sentences that say of each graph whether the model is rejected."""
    sentences = []
    for row in of(rows, study="fit", method="moments"):
        kind = "with" if row["directed"] == "True" else "without"
        verdict = "is rejected" if row["pvalue"] < REJECTED else "is not rejected"
        sentences.append(
            f"{title(row)}, {kind} directions: a 2 x 2 model {verdict} "
            f"(J = {row['statistic']:.0f}, p {pvalue_cell(row)})."
        )
    return sentences


def drawn_table(rows):
    """Lay out the drawn graphs below the real ones."""
    lines = []
    for row in of(rows, study="drawn"):
        cells = [
            "" if row[key] == "" else f"{row[key]:{form}}" for key, (_, form) in STATISTICS.items()
        ]
        lines.append([title(row), row["method"], *cells])
    return table(["graph", "drawn from", *(name for name, _ in STATISTICS.values())], lines)


def link_table(rows):
    """Lay out the hidden edges."""
    lines = [
        [title(row), row["hidden"], row["method"], f"{row['auc']:.3f}"]
        for row in of(rows, study="links")
    ]
    return table(["graph", "hidden edges", "score", "AUC"], lines)


def verdicts(rows):
    """Targets of the part."""
    found = []
    for method, wanted, distance in (
        ("moments", REAL_MOMENTS, REAL_MOMENTS_DISTANCE),
        ("mle", REAL_MLE, REAL_MLE_DISTANCE),
        (LONG, REAL_MLE, REAL_MLE_DISTANCE),
    ):
        for row in of(rows, study="fit", directed="False", method=method):
            if row["graph"] in wanted:
                entries = cell_numbers(row["initiator"])
                expected = wanted[row["graph"]]
                gap = max(abs(x - y) for x, y in zip(entries, expected, strict=True))
                found.append(
                    Verdict(
                        f"{title(row)}, {method}: largest distance from {matrix(expected)}",
                        f"{gap:.4f}",
                        f"≤ {distance:g}",
                        gap <= distance,
                    )
                )
    for row in of(rows, study="links", method="mle"):
        wanted = LINK_AUC[row["graph"]]
        subject = f"{title(row)}, AUC of hidden edges, mle"
        found.append(Verdict(subject, f"{row['auc']:.3f}", f"≥ {wanted:g}", row["auc"] >= wanted))
    return found


def lost(rows):
    """Losses: rejected models, references that are nearer to the graph, better link scores."""
    losses = [line for line in rejections(rows) if "not rejected" not in line]
    drawn = of(rows, study="drawn")
    for observed in of(drawn, method=OBSERVED):
        group = of(drawn, graph=observed["graph"])
        reference = of(group, method=CHUNG_LU)[0]
        fits = [row for row in group if row["method"] in ("moments", "mle")]
        nearer = [
            f"{name} ({reference[key]:{form}} against "
            f"{' and '.join(f'{row[key]:{form}}' for row in fits)}"
            + (f"; the graph has {observed[key]:{form}})" if key != "ks" else ")")
            for key, (name, form) in STATISTICS.items()
            if distance(reference, observed, key)
            < min(distance(row, observed, key) for row in fits)
        ]
        if nearer:
            losses.append(
                f"{title(observed)}: nearer to the graph than draws from moments and mle is a "
                f"Chung-Lu graph in {', '.join(nearer)}."
            )
    for row in of(rows, study="fit", method=LONG):
        short = of(rows, study="fit", graph=row["graph"], directed="False", method="mle")[0]
        losses.append(
            f"{title(row)}: with 300 rounds mle finds {matrix(cell_numbers(row['initiator']))} in "
            f"{row['cpu_s']:.1f} s, log-likelihood {row['log_likelihood']:.0f}; the default of "
            f"30 stops at {matrix(cell_numbers(short['initiator']))} and "
            f"{short['log_likelihood']:.0f}."
        )
    links = of(rows, study="links")
    for row in of(links, method="mle"):
        better = [
            f"{peer['method']} {peer['auc']:.3f}"
            for peer in of(links, graph=row["graph"])
            if peer["auc"] > row["auc"]
        ]
        if better:
            losses.append(
                f"{title(row)}, hidden edges: AUC {row['auc']:.3f} of mle, {', '.join(better)}."
            )
    return losses


def distance(row, observed, key):
    """How far a drawn graph is from the real one in one statistic."""
    return row[key] if key == "ks" else abs(row[key] - observed[key])
