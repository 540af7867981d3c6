# SPDX-License-Identifier: BSD-3-Clause
"""Results between measuring and reporting: CSV files with one header row."""

import csv


def write_rows(path, rows):
    """Write rows as they come, so that an interrupted run keeps what it has.

    Parameters
    ----------
    path : Path
        The CSV file.
    rows : iterable of dict
        All with the same keys.

    Returns
    -------
    n_rows : int
        How many there were.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    n_rows = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = None
        for row in rows:
            if writer is None:
                writer = csv.DictWriter(file, list(row), lineterminator="\n")
                writer.writeheader()
            writer.writerow(row)
            file.flush()
            n_rows += 1
    return n_rows


def _value(text):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def read_rows(path):
    """Read what `write_rows` wrote; numbers become int or float.

    Parameters
    ----------
    path : Path
        The CSV file.

    Returns
    -------
    rows : list of dict
        Empty where the file does not exist: not every part was run.
    """
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{key: _value(text) for key, text in row.items()} for row in csv.DictReader(file)]
