# SPDX-License-Identifier: BSD-3-Clause
"""Table of the small sets."""

from collections import Counter
from statistics import fmean

from benchmarks.markdown import table
from benchmarks.spectral_clustering.methods import NEAREST, RBF
from benchmarks.spectral_clustering.targets import SETS_SHARE, TIE
from benchmarks.verdicts import Verdict

ADVISED = "as advised"
OURS = ("default", "cosine")
METHODS = (*OURS, NEAREST, RBF, "KMeans")
RESULTS = ("won", "tied", "lost")
# Agreement below which labels have next to nothing to do with the classes.
SHOWN = 0.1


def section(rows):
    """Text of the section, and the losses in it."""
    sets = by_set(rows)
    header = ["set", "n", "p", "classes", "mode", *METHODS, "advised", f"against {NEAREST}"]
    lines = [line(name, group) for name, group in sets.items()]
    lines.append(["**mean**", "", "", "", "", *means(sets), "", ""])
    choices = (*OURS, ADVISED)
    found = {name: group for name, group in sets.items() if shows_classes(group)}
    shares = [
        share_line(of, choice, peer, which)
        for of, which in ((sets, "all"), (found, f"NMI of {SHOWN} or more"))
        for choice in choices
        for peer in METHODS[2:]
    ]
    text = [
        "## Small sets",
        f"Normalised mutual information with the classes, means over {rows[0]['seeds']} seeds, "
        "with the true number of clusters. *Default* is the estimator with no other setting, "
        "*advised* what the user guide says for the kind of data, chosen without the classes: "
        "`metric='cosine'` for images, text and features of networks. All methods have the same "
        "input: images divided by their largest value, tables standardised. "
        f"A difference of up to {TIE} is a tie; the last column judges what is advised. A tie says "
        f"little where no method finds the classes: the {len(found)} sets on which one reaches an "
        f"NMI of {SHOWN} are counted also by themselves.",
        table(header, lines),
        table(["sets", "ours", "against", *RESULTS, "won or tied"], shares),
    ]
    return "\n\n".join(text), lost(sets)


def by_set(rows):
    """Rows of each set, by method."""
    sets = {}
    for row in rows:
        sets.setdefault(row["set"], {})[row["method"]] = row
    return sets


def nmi(group, choice):
    """Agreement of a method on a set; a failed fit has none."""
    method = group["default"]["advised"] if choice == ADVISED else choice
    value = group[method]["nmi"]
    return 0.0 if value == "" else value


def shows_classes(group):
    """Whether some method finds something of the classes."""
    return max(nmi(group, method) for method in METHODS) >= SHOWN


def outcome(group, choice, peer=NEAREST):
    """Whether a choice of ours won, tied or lost."""
    gap = nmi(group, choice) - nmi(group, peer)
    return "tied" if abs(gap) <= TIE else "won" if gap > 0 else "lost"


def outcomes(sets, choice, peer):
    """Count the sets of each outcome."""
    return Counter(outcome(group, choice, peer) for group in sets.values())


def share(sets, choice, peer=NEAREST):
    """Share of the sets that were won or tied."""
    return 1 - outcomes(sets, choice, peer)["lost"] / len(sets)


def share_line(sets, choice, peer, which):
    """Cells of the outcomes of a choice against a peer."""
    counts = [outcomes(sets, choice, peer)[result] for result in RESULTS]
    return [which, choice, peer, *counts, f"{share(sets, choice, peer):.0%}" if sets else ""]


def means(sets):
    """Cells of the means over the sets."""
    return [f"{fmean(nmi(group, method) for group in sets.values()):.3f}" for method in METHODS]


def line(name, group):
    """Cells of one set."""
    first = group["default"]
    cells = [
        f"failed ({group[method]['failed']})"
        if group[method]["failed"]
        else f"{group[method]['nmi']:.3f}"
        for method in METHODS
    ]
    sizes = [first[key] for key in ("n", "p", "n_classes", "mode")]
    return [name, *sizes, *cells, first["advised"], outcome(group, ADVISED)]


def verdicts(rows):
    """Targets of the part."""
    sets = by_set(rows)
    found = []
    for choice in (ADVISED, "default"):
        counts, part = outcomes(sets, choice, NEAREST), share(sets, choice)
        numbers = ", ".join(f"{counts[result]} {result}" for result in RESULTS)
        found.append(
            Verdict(
                f"small sets won or tied against {NEAREST}, {choice}",
                f"{part:.0%} of {len(sets)} ({numbers})",
                f"≥ {SETS_SHARE:.0%}",
                part >= SETS_SHARE,
            )
        )
    return found


def lost(sets):
    """Losses against each peer, as advised, and sets on which only the default loses."""
    losses = []
    for name, group in sets.items():
        ours = nmi(group, ADVISED)
        better = [
            f"{peer} {nmi(group, peer):.3f}"
            for peer in METHODS[2:]
            if outcome(group, ADVISED, peer) == "lost"
        ]
        if better:
            losses.append(f"{name}: NMI {ours:.3f} as advised; better {', '.join(better)}.")
        if outcome(group, "default") == "lost" and outcome(group, ADVISED) != "lost":
            losses.append(
                f"{name}: NMI {nmi(group, 'default'):.3f} by default, {NEAREST} "
                f"{nmi(group, NEAREST):.3f}."
            )
        losses += [
            f"{name}, {method}: failed, {group[method]['failed']}."
            for method in OURS
            if group[method]["failed"]
        ]
    return losses
