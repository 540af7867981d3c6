# SPDX-License-Identifier: BSD-3-Clause
"""The checks of the project, each in a fresh environment: `nox -l` lists them."""

import os
import re
import shutil
from pathlib import Path

import nox

nox.options.sessions = ["lint", "tests"]
nox.options.reuse_existing_virtualenvs = True

PYPROJECT = nox.project.load_toml("pyproject.toml")
PROJECT = PYPROJECT["project"]
# The language-level floor and everything newer that the classifiers promise.
PYTHONS = [
    entry.rpartition(" ")[2] for entry in PROJECT["classifiers"] if ":: Python :: 3." in entry
]


# A build that cannot compile the kernels must fail here, not fall back: the default is "auto".
WITH_KERNELS = "-Csetup-args=-Dkernels=enabled"


def _assert_kernels(session, simd):
    """Check which kernels the installed package has; `simd` is "is None" or "is not None"."""
    state = f"from skrmt._kernels import active; assert active()['simd'] {simd}, active()"
    # -P: the installed package, not the checkout in this folder.
    session.run("python", "-P", "-c", state)


def _test_with_kernels(session):
    session.install(WITH_KERNELS, ".[test]")
    _assert_kernels(session, "is not None")
    session.run("pytest", *session.posargs)


@nox.session
def tests(session):
    """Run the tests against the newest dependencies."""
    _test_with_kernels(session)


@nox.session(python=PYTHONS, name="tests-each-python")
def tests_each_python(session):
    """Run the tests on each supported Python."""
    _test_with_kernels(session)


@nox.session(name="oldest-dependencies", python=PYTHONS[0])
def oldest_dependencies(session):
    """Build and test with the lower bound of every requirement, read from pyproject.toml."""

    def oldest(bounds):
        return [bound.replace(">=", "==") for bound in bounds]

    # Without isolation, so that the build is that of these versions; the bound of Meson stands
    # in meson.build, and Ninja is what an isolated build would fetch by itself.
    meson = re.search(r"meson_version: '>=([\d.]+)'", Path("meson.build").read_text())[1]
    session.install(*oldest(PYPROJECT["build-system"]["requires"]), f"meson=={meson}", "ninja")
    wanted = oldest(PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"])
    session.install("--no-build-isolation", WITH_KERNELS, ".[test]", *wanted)
    _assert_kernels(session, "is not None")
    session.run("pytest", *session.posargs)


@nox.session(name="no-compiler")
def no_compiler(session):
    """Build where there is no C compiler; the NumPy twins must then serve all tests."""
    # A PATH of our own holds the few programs that a build needs, and no compiler.
    tools = Path(session.create_tmp()) / "bin"
    tools.mkdir(exist_ok=True)
    for name in ("git", "uname", "sh", "env"):
        found, link = shutil.which(name), tools / name
        if found and not link.exists():
            link.symlink_to(found)
    path = os.pathsep.join([str(tools), *session.bin_paths])
    session.install(".[test]", env={"PATH": path, "CC": "", "CXX": ""})
    _assert_kernels(session, "is None")
    session.run("pytest", *session.posargs)


@nox.session
def lint(session):
    """Run the hooks of .pre-commit-config.yaml, all of them and nothing else."""
    # Not `.[dev]`: the tools read the source, they need no build.
    session.install(*PROJECT["optional-dependencies"]["dev"])
    session.run("pre-commit", "run", "--all-files", "--show-diff-on-failure", *session.posargs)


@nox.session
def docs(session):
    """Build the documentation; a warning is an error."""
    session.install(".[docs]")
    session.run("sphinx-build", "-W", "-b", "html", "doc", "doc/_build/html")
