# SPDX-License-Identifier: BSD-3-Clause
"""The package as a whole: installation, version, console command, the namesake."""

import os
import re
import subprocess
import sys
import tomllib
import types
from importlib import metadata
from pathlib import Path

import pytest

import skrmt
from skrmt.__main__ import main

ROOT = Path(__file__).parents[1]


def test_version_is_the_one_of_pyproject_everywhere():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert skrmt.__version__ == metadata.version("skrmt") == declared
    assert f"\nversion: {declared}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"## {declared}" in (ROOT / "CHANGELOG.md").read_text()


def test_every_python_file_of_the_checkout_is_installed():
    def modules(folder):
        return {
            path.relative_to(folder).as_posix()
            for path in Path(folder).rglob("*.py*")
            if path.suffix in {".py", ".pyi"}
        }

    assert modules(Path(skrmt.__file__).parent) == modules(ROOT / "skrmt")


def test_no_build_file_is_installed():
    suffixes = {path.suffix for path in metadata.files("skrmt") if path.parts[0] == "skrmt"}
    assert suffixes <= {".py", ".pyi", ".pyc", ".typed", ".so", ".pyd"}


def test_import_is_refused_beside_the_namesake(tmp_path):
    folder = tmp_path / "scikit_rmt-2.1.1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: scikit-rmt\nVersion: 2.1.1\n")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    run = subprocess.run(
        [sys.executable, "-c", "import skrmt"],
        env={**os.environ, "PYTHONPATH": path},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "ImportError: The distribution scikit-rmt 2.1.1 is installed" in run.stderr
    assert "pip uninstall scikit-rmt" in run.stderr


def test_versions_are_printed_with_the_active_kernels(capsys):
    from skrmt._kernels import active

    assert main(["versions"]) == 0
    printed = capsys.readouterr().out
    for name in ("skrmt", "numpy", "scipy", "scikit-learn"):
        assert re.search(rf"^ +{name}: {re.escape(metadata.version(name))}$", printed, re.M)
    for key, value in active().items():
        assert f" {key}: {value}\n" in printed


def test_versions_are_printed_when_the_kernels_cannot_be_imported():
    run = subprocess.run(
        [sys.executable, "-P", "-m", "skrmt", "versions"],
        env={**os.environ, "SKRMT_SIMD": "steam"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.search(r"^Kernels:\n +error: ImportError: .*SKRMT_SIMD='steam'", run.stdout, re.M)
    assert f" numpy: {metadata.version('numpy')}\n" in run.stdout


def test_version_of_the_console_command(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"skrmt {skrmt.__version__}\n"


def test_show_versions_marks_what_is_not_installed(capsys, monkeypatch):
    monkeypatch.setattr(
        "skrmt.utils._show_versions.DEPENDENCIES", ("numpy", "surely-not-installed")
    )
    skrmt.show_versions()
    assert re.search(r"^ +surely-not-installed: None$", capsys.readouterr().out, re.M)


def test_console_command_is_registered():
    (command,) = metadata.entry_points(group="console_scripts", name="skrmt")
    assert command.load() is main


@pytest.mark.parametrize(
    ("arguments", "message"),
    [([], "COMMAND"), (["sing"], "'sing'"), (["versions", "--loud"], "--loud")],
)
def test_wrong_command_is_an_error_that_names_it(arguments, message, capsys):
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2
    assert message in capsys.readouterr().err


def test_demo_gets_its_own_options_and_gives_the_exit_status(monkeypatch):
    demo = types.ModuleType("skrmt._demo")
    demo.main = lambda argv: 3 if argv == ["--figure", "f.png", "--help"] else 0
    monkeypatch.setitem(sys.modules, "skrmt._demo", demo)
    monkeypatch.setattr(skrmt, "_demo", demo, raising=False)
    assert main(["demo", "--figure", "f.png", "--help"]) == 3


def test_ci_runs_the_command_of_the_readme():
    second = re.findall(r"^ {4}(python3 -m venv .*)$", (ROOT / "README.md").read_text(), re.M)[1]
    assert second.endswith(".venv/bin/pytest")
    assert second in (ROOT / ".ci" / "run").read_text().splitlines()
