# SPDX-License-Identifier: BSD-3-Clause
"""Command line: measure into CSV files, and turn CSV files into pages."""

import argparse
import sys
import time
from pathlib import Path

from benchmarks import (
    ROOT,
    covariance,
    kronecker_graphs,
    principal_components,
    sketched_ridge,
    spectral_clustering,
    ternary,
)
from benchmarks.environment import describe
from benchmarks.results import write_rows

SUITES = {
    "ternary": ternary,
    "sketched_ridge": sketched_ridge,
    "spectral_clustering": spectral_clustering,
    "kronecker_graphs": kronecker_graphs,
    "covariance": covariance,
    "principal_components": principal_components,
}

RESULTS = ROOT / "benchmarks" / "results"
# Every suite, these of its parts.
ALL, ALL_PARTS = "all", ("peers", "growth")
QUICK_RESULTS = RESULTS / "quick"  # ignored by git: small sizes must not pass for results
PAGES = ROOT / "doc" / "benchmarks"


def run(suite, parts, quick, out):
    """Measure the parts of a suite, one CSV file each."""
    print(", ".join(f"{key} {value}" for key, value in describe().items()), file=sys.stderr)
    for part in parts:
        begin = time.perf_counter()
        path = out / suite / f"{part}.csv"
        n_rows = write_rows(path, SUITES[suite].PARTS[part](quick))
        print(f"{path}: {n_rows} rows in {time.perf_counter() - begin:.0f} s", file=sys.stderr)


def report(suite, results, page):
    """Write the page of a suite from its CSV files."""
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(SUITES[suite].report(results / suite), encoding="utf-8")
    print(page, file=sys.stderr)


def main():
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    measuring = commands.add_parser("run", help="measure, and write CSV files")
    measuring.add_argument("suite", choices=[*SUITES, ALL])
    measuring.add_argument("--part", action="append", help="only this part (may be repeated)")
    measuring.add_argument("--quick", action="store_true", help="small sizes, to try things out")
    measuring.add_argument("--out", type=Path, help="folder of the CSV files")
    reporting = commands.add_parser("report", help="write a page from CSV files")
    reporting.add_argument("suite", choices=[*SUITES, ALL])
    reporting.add_argument("--quick", action="store_true", help="page of the last quick run")
    reporting.add_argument("--results", type=Path, help="folder of the CSV files")
    reporting.add_argument("--out", type=Path, help="file of the page")
    options = parser.parse_args()

    folder = QUICK_RESULTS if options.quick else RESULTS
    suites = list(SUITES) if options.suite == ALL else [options.suite]
    if options.command == "run":
        known = {part for suite in suites for part in SUITES[suite].PARTS}
        if set(options.part or ()) - known:
            parser.error(f"--part must be among {', '.join(sorted(known))}")
        wanted = options.part or (ALL_PARTS if options.suite == ALL else None)
        for suite in suites:
            parts = [part for part in SUITES[suite].PARTS if wanted is None or part in wanted]
            run(suite, parts, options.quick, options.out or folder)
    else:
        if options.out and len(suites) > 1:
            parser.error("--out is for the page of one suite")
        for suite in suites:
            page = (QUICK_RESULTS if options.quick else PAGES) / f"{suite}.md"
            report(suite, options.results or folder, options.out or page)


if __name__ == "__main__":
    main()
