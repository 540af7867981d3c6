# SPDX-License-Identifier: BSD-3-Clause
"""Cells of several numbers, and how initiators are laid out."""


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
