# SPDX-License-Identifier: BSD-3-Clause
"""Tables of the memory of `fit`."""

from benchmarks.markdown import table
from benchmarks.memory import larger_peak, peak_cells
from benchmarks.sketched_ridge.targets import STREAMED_CHANGE

MB = 1e6
PEER = "RidgeCV"


def section(rows):
    """Text of the section, and the losses in it."""
    whole = [row for row in rows if row["counts_input"] == "False"]
    batches = [row for row in rows if row["counts_input"] == "True"]
    peers = {(row["n"], row["p"]): larger_peak(row) for row in whole if row["method"] == PEER}
    lines = [
        [
            f"{row['n']} x {row['p']}",
            row["method"],
            f"{row['input_bytes'] / MB:.0f}",
            *peak_cells(row),
            f"{peers[row['n'], row['p']] / larger_peak(row):.1f}",
        ]
        for row in whole
    ]
    losses = [
        f"Memory at {row['n']} x {row['p']}, {row['method']}: {larger_peak(row) / MB:.0f} MB "
        f"beside the input, {PEER} {peers[row['n'], row['p']] / MB:.0f} MB."
        for row in whole
        if larger_peak(row) > peers[row["n"], row["p"]]
    ]
    text = [
        "## Memory of fit",
        "Peak beside the input, float64. *Resident* is the growth of the process's peak resident "
        "memory, *traced* what NumPy asked for at its peak: the second does not see what C code "
        "and BLAS hold. The larger one counts.",
        table(["X", "method", "input, MB", "resident, MB", "traced, MB", "times less"], lines),
    ]
    if batches:
        text += [
            "### In batches",
            f"{batches[0]['n']} rows of {batches[0]['p']} columns, drawn as they are needed; the "
            "peak contains the input, whole or a batch. *Change*: largest relative difference of "
            "coefficients and estimated risk to the same ensemble fitted at once.",
            table(
                ["method", "resident, MB", "traced, MB", "CPU, s", "R²", "change"],
                [
                    [
                        row["method"],
                        *peak_cells(row),
                        row["cpu_s"],
                        f"{row['r2']:.4f}",
                        row["change"],
                    ]
                    for row in batches
                ],
            ),
        ]
        losses += [
            f"{row['method']} differs from the fit at once by {row['change']}."
            for row in batches
            if row["change"] != "" and row["change"] > STREAMED_CHANGE
        ]
    return "\n\n".join(text), losses
