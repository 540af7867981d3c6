# SPDX-License-Identifier: BSD-3-Clause
"""The console command `skrmt`."""

import argparse
import sys
from collections.abc import Sequence

from skrmt.utils._distribution import package_version


def main(argv: Sequence[str] | None = None) -> int:
    """Run the console command.

    Parameters
    ----------
    argv : sequence of str, default=None
        The arguments after the name of the command; None takes those of the process.

    Returns
    -------
    status : int
        The exit status: 0 for success.
    """
    parser = argparse.ArgumentParser(
        prog="skrmt", description="Scikit-learn estimators built on random matrix theory."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {package_version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    # The demo reads its own options, also --help, so that this module need not import it.
    commands.add_parser(
        "demo",
        add_help=False,
        help="fit the estimators on real data, beside their peers and their predictions",
    )
    commands.add_parser("versions", help="print the versions that a bug report needs")
    args, rest = parser.parse_known_args(argv)

    if args.command == "demo":
        from skrmt._demo import main as demo

        return demo(rest)
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    from skrmt.utils._show_versions import show_versions

    show_versions()
    return 0


if __name__ == "__main__":
    sys.exit(main())
