# SPDX-License-Identifier: BSD-3-Clause
"""Peak memory of a call, looked at in two ways; the larger of the two is what the reports judge.

resident
    Growth of the process's peak resident memory. Sees everything, also what C code and BLAS
    allocate; misses what was given back before the last page of the output was written, as a page
    counts only once it is written. A property of the process: measure in a fresh one. Linux only.
traced
    Peak of the memory that NumPy asks for (tracemalloc). Counts a block in full from the moment it
    is asked for; does not see C code and BLAS.
"""

import tracemalloc
from pathlib import Path


def resident_peak(task):
    """Growth of the peak resident memory during a call, and what the call returned.

    None instead of the growth where the operating system cannot tell.
    """
    try:
        Path("/proc/self/clear_refs").write_text("5")  # the peak becomes the present value
    except OSError:
        return None, task()
    before = _resident("VmRSS")
    result = task()
    return _resident("VmHWM") - before, result


def _resident(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(key + ":"))


def traced_peak(task):
    """Growth of the memory that NumPy holds during a call, at its peak."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    task()
    traced = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    return traced


def peaks_of(task):
    """Both peaks of a call, in bytes, as columns of a result, and what its first run returned."""
    resident, found = resident_peak(task)
    return {
        "resident_bytes": "" if resident is None else max(0, resident),
        "traced_bytes": traced_peak(task),
    }, found


def larger_peak(row):
    """Take the larger of the two measurements."""
    return max(row["traced_bytes"], row["resident_bytes"] or 0)


def peak_cells(row):
    """Cells of the two measurements, in MB."""
    return [
        "not supported" if row[key] == "" else f"{row[key] / 1e6:.0f}"
        for key in ("resident_bytes", "traced_bytes")
    ]
