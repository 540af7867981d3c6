# SPDX-License-Identifier: BSD-3-Clause
"""Rows of several studies in one CSV file."""


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


def numbers(values, digits):
    """Write numbers in one cell; `cell_numbers` reads them."""
    return " ".join(f"{value:.{digits}g}" for value in values)


def cell_numbers(cell):
    """Read the numbers of a cell."""
    return [float(value) for value in str(cell).split()]


def matrix(values, digits=3):
    """Lay out the entries of a 2 x 2 initiator, a symmetric one as its three."""
    a, b, c, d = values
    shown = (a, b, d) if b == c else (a, b, c, d)
    return ", ".join(f"{value:.{digits}f}" for value in shown)
