# SPDX-License-Identifier: BSD-3-Clause
"""Tables of one line per case and one column per method, the best in bold; where ours is not best.

A peer beats ours by more than chance if the difference of the means is more than two standard
errors of the difference, taken as independent: the draws are the same for all methods, which makes
this a cautious rule.
"""

from benchmarks.columns import in_order, mean_cell, of
from benchmarks.markdown import table

STANDARD_ERRORS = 2.0


def grid(rows, cases, name, *, larger, form=".3f", aside=()):
    """Lay out means with standard errors.

    Parameters
    ----------
    rows : list of dict
        One per case and method.
    cases : sequence of str
        Columns that make a case.
    name : str
        Column of the mean.
    larger : bool
        Whether larger is better.
    form : str, default=".3f"
        Format of the numbers.
    aside : sequence of str
        Methods that are shown and do not compete.

    Returns
    -------
    text : str
        Markdown.
    """
    methods = in_order(rows, "method")
    lines = []
    for key, group in by_case(rows, cases):
        competing = [row[name] for row in group if row["method"] not in aside]
        best = max(competing) if larger else min(competing)
        cells = []
        for method in methods:
            found = of(group, method=method)
            cell = mean_cell(found[0], name, form) if found else "-"
            bold = found and found[0][name] == best and method not in aside
            cells.append(f"**{cell}**" if bold else cell)
        lines.append([*key, *cells])
    return table([*cases, *methods], lines)


def by_case(rows, cases):
    """Group rows: pairs of a case and its rows, in the order of the file."""
    groups = {}
    for row in rows:
        groups.setdefault(tuple(row[case] for case in cases), []).append(row)
    return groups.items()


def outcomes(rows, cases, name, ours, *, larger, aside=()):
    """Compare the best of ours with the best of the others, case by case.

    Parameters
    ----------
    rows, cases, name, larger, aside :
        As for `grid`.
    ours : sequence of str
        Which methods are ours.

    Yields
    ------
    case : tuple
        The case.
    first, second : dict
        Rows of our best and of their best method.
    verdict : {"won", "tied", "lost"}
        Tied is what chance can explain.
    """
    sign = 1 if larger else -1
    for key, group in by_case(rows, cases):
        competing = [row for row in group if row["method"] not in aside]
        best = [
            max(found, key=lambda row: sign * row[name], default=None)
            for found in (
                [row for row in competing if row["method"] in ours],
                [row for row in competing if row["method"] not in ours],
            )
        ]
        if None in best:
            continue
        first, second = best
        lead = sign * (first[name] - second[name])
        chance = STANDARD_ERRORS * (first[f"{name}_se"] ** 2 + second[f"{name}_se"] ** 2) ** 0.5
        verdict = "tied" if abs(lead) <= chance else "won" if lead > 0 else "lost"
        yield key, first, second, verdict


def loss_lines(title, found, name, form=".3f"):
    """Lines of the cases that are lost or tied."""
    for key, first, second, verdict in found:
        if verdict != "won":
            case = ", ".join(str(value) for value in key if value != "")
            yield (
                f"{title}, {case}: {verdict}, {first['method']} {mean_cell(first, name, form)}, "
                f"{second['method']} {mean_cell(second, name, form)}."
            )
