# SPDX-License-Identifier: BSD-3-Clause
"""Pieces of a page."""


def table(header, rows):
    """Lay out a table.

    Parameters
    ----------
    header : sequence of str
        Column heads.
    rows : iterable of sequences
        Cells; anything that `str` takes.

    Returns
    -------
    text : str
        Markdown.
    """
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def command(suite, part):
    """Give the command that measured a table."""
    return f"    python -m benchmarks run {suite} --part {part}"


def machine(rows):
    """Say what rows were measured on, each combination once."""
    keys = ("cpu", "cores", "blas", "python", "numpy", "scipy", "scikit-learn", "skrmt", "date")
    seen = dict.fromkeys(tuple(row[key] for key in keys) for row in rows)
    return "\n".join(
        "Measured on {} ({} cores), BLAS {}, Python {}, NumPy {}, SciPy {}, scikit-learn {}, "
        "skrmt {}, {}.".format(*values)
        for values in seen
    )
