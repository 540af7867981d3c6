# SPDX-License-Identifier: BSD-3-Clause
"""The checks of the project, each in a fresh environment: `nox -l` lists them."""

import os
import shutil
from pathlib import Path

import nox

nox.options.sessions = ["lint", "tests"]
nox.options.reuse_existing_virtualenvs = True

PROJECT = nox.project.load_toml("pyproject.toml")["project"]
# The language-level floor and everything newer that the classifiers promise.
PYTHONS = [
    entry.rpartition(" ")[2] for entry in PROJECT["classifiers"] if ":: Python :: 3." in entry
]


@nox.session
def tests(session):
    """Run the tests against the newest dependencies."""
    session.install(".[test]")
    session.run("pytest", *session.posargs)


@nox.session(python=PYTHONS, name="tests-each-python")
def tests_each_python(session):
    """Run the tests on each supported Python."""
    session.install(".[test]")
    session.run("pytest", *session.posargs)


@nox.session(name="oldest-dependencies", python=PYTHONS[0])
def oldest_dependencies(session):
    """Run the tests against the lower bound of every dependency, read from pyproject.toml."""
    wanted = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]
    session.install(".[test]", *(bound.replace(">=", "==") for bound in wanted))
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
    # -P: the installed package, not the checkout in this folder.
    state = "from skrmt._kernels import active; assert active()['simd'] is None, active()"
    session.run("python", "-P", "-c", state)
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
