# SPDX-License-Identifier: BSD-3-Clause
"""Tables of the inner products of ternary rows."""

from benchmarks.markdown import table


def section(rows):
    """Text of the section, and the losses in it."""
    peers = {
        (row["kernels"], row["n"], row["n_components"]): row
        for row in rows
        if row["rows"] == "float32"
    }
    lines, losses = [], []
    for row in rows:
        peer = peers[row["kernels"], row["n"], row["n_components"]]
        times = peer["cpu_median_s"] / row["cpu_median_s"]
        size = f"n = {row['n']}, N = {row['n_components']}"
        lines.append(
            [
                row["kernels"],
                size,
                row["rows"],
                f"{row['cpu_median_s']:.3f}",
                f"{times:.2f}",
                f"{peer['row_bytes'] / row['row_bytes']:.0f}",
            ]
        )
        # int8 rows go through NumPy's BLAS whatever the kernels: one line says it.
        repeated = row["rows"] == "int8" and row["kernels"] != rows[0]["kernels"]
        if times < 1 and not repeated:
            losses.append(
                f"`ternary_gram` of {row['rows']} rows is slower than the float32 product "
                f"({times:.2f} times as fast): {row['kernels']} kernels, {size}."
            )
    text = [
        "## Gram matrix",
        "`ternary_gram(Z)` against `Z @ Z.T` of float32 rows (which BLAS does by half, as a "
        "symmetric product), one thread, median CPU time of interleaved rounds. *Smaller* is the "
        "storage of the rows.",
        table(
            ["kernels", "size", "rows", "median, s", "times as fast", "times smaller"],
            lines,
        ),
    ]
    return "\n\n".join(text), losses
