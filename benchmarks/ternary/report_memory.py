# SPDX-License-Identifier: BSD-3-Clause
"""Tables of the memory of `transform`."""

from benchmarks.markdown import table
from benchmarks.ternary.targets import EXTRA_BYTES, PACKED_RATIO

MB = 1e6
HEADER = (
    "method",
    "kernels",
    "threads",
    "input",
    "projection",
    "output",
    "resident, MB",
    "traced, MB",
    "verdict",
)


def section(rows):
    """Text of the section, and the losses in it."""
    sizes = output_bytes(rows)
    losses = [
        f"Packed output is {sizes[dtype] / sizes['packed']:.1f} times smaller than {dtype}, wanted "
        f"{wanted}."
        for dtype, wanted in PACKED_RATIO.items()
        if dtype in sizes and sizes[dtype] / sizes["packed"] < wanted
    ]
    losses += [
        f"More than {EXTRA_BYTES / MB:.0f} MB beside input and output: {extra(row) / MB:.1f} MB "
        f"for {row['kernels']} kernels, {row['threads']} thread(s), {row['input']}, "
        f"{row['projection']} projection, {row['output']} output."
        for row in rows
        if row["method"] == "ternary" and extra(row) >= EXTRA_BYTES
    ]
    text = [
        "## Memory of transform",
        f"n = {rows[0]['n']}, {rows[0]['n_components']} features. The output:",
        table(
            ["output", "MB", "times packed"],
            [
                [name, f"{size / MB:.1f}", f"{size / sizes['packed']:.1f}"]
                for name, size in sizes.items()
            ],
        ),
        f"Peak beside input and output, wanted below {EXTRA_BYTES / MB:.0f} MB. *Resident* is the "
        "growth of the process's peak resident memory less the output, *traced* what NumPy asked "
        "for at its peak less the output: the first misses what was given back before the output "
        "was filled, the second what C code and BLAS hold; the larger one counts.",
        table(HEADER, [line(row) for row in rows]),
    ]
    return "\n\n".join(text), losses


def output_bytes(rows):
    """Bytes of each form of output, the largest first."""
    sizes = {row["output"]: row["output_bytes"] for row in rows}
    return dict(sorted(sizes.items(), key=lambda item: -item[1]))


def extra(row):
    """Take the larger of the two measurements."""
    return max(row["traced_extra_bytes"], row["resident_extra_bytes"] or 0)


def line(row):
    """Cells of one case."""
    resident = row["resident_extra_bytes"]
    verdict = "below" if extra(row) < EXTRA_BYTES else "**above**"
    return [
        row["method"],
        row["kernels"] if row["method"] == "ternary" else "",
        row["threads"],
        row["input"],
        row["projection"],
        row["output"],
        "not supported" if resident == "" else f"{resident / MB:.1f}",
        f"{row['traced_extra_bytes'] / MB:.1f}",
        verdict if row["method"] == "ternary" else "",
    ]
