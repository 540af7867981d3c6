# SPDX-License-Identifier: BSD-3-Clause
"""Rows of several studies in one CSV file."""

from statistics import fmean, stdev

import numpy as np


def filled(columns, rows):
    """Give every row all columns, empty where its study has none.

    Parameters
    ----------
    columns : sequence of str
        All columns of the file.
    rows : iterable of dict
        Rows with some of them.

    Yields
    ------
    row : dict
        The row, with all columns in their order.
    """
    for row in rows:
        if unknown := set(row) - set(columns):
            raise KeyError(f"not among the columns: {sorted(unknown)}")
        yield {column: row.get(column, "") for column in columns}


def of(rows, **wanted):
    """Rows that have these values."""
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


def mean_columns(name, values, digits=6):
    """Columns of a mean and of its standard error; an infinite mean has none, and 0 instead."""
    if not np.isfinite(values).all():
        return {name: fmean(values), f"{name}_se": 0.0}
    spread = stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return {name: float(f"{fmean(values):.{digits}g}"), f"{name}_se": float(f"{spread:.3g}")}


def mean_cell(row, name, form=".3f"):
    """Cell of a mean with its standard error; a dash where there is none."""
    if row[name] == "":
        return "-"
    return f"{row[name]:{form}} ± {row[f'{name}_se']:{form}}"


def in_order(rows, key):
    """Values of a column, each once, in the order of the file."""
    return list(dict.fromkeys(row[key] for row in rows))
