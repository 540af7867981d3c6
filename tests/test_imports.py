# SPDX-License-Identifier: BSD-3-Clause
"""The floors of the house: which part may import which.

Imports run downwards: inspection -> families of estimators -> sketching -> kernels and
theory. The rules are read off the source, so that an import inside a function counts too.
"""

import ast
import graphlib
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "skrmt").rglob("*.py"))

FAMILIES = {
    path.name
    for path in (ROOT / "skrmt").iterdir()
    if (path / "__init__.py").is_file() and not path.name.startswith("_")
} - {"theory", "sketching", "datasets", "inspection", "utils"}
GROUND = {"_kernels", "theory", "utils", "base", "exceptions"}

# Part of the package -> the other parts that it may import.
MAY_IMPORT = {
    "_kernels": set(),
    "theory": set(),
    "exceptions": set(),
    "utils": {"_kernels"},
    "base": {"utils"},
    "sketching": GROUND,
    "datasets": GROUND,
    **{family: GROUND | {"sketching"} for family in FAMILIES},
    "inspection": GROUND | FAMILIES | {"sketching"},
}
# The roof: the package itself and the console command may import everything.
ROOF = {"__init__", "__main__", "_demo"}

THEORY_NEEDS_ONLY = {"numpy", "scipy"}
STANDARD = sys.stdlib_module_names
DOOR = "skrmt/utils/_validation.py"
NAMES_OF_THE_NAMESAKE = {"ensemble", "denoise", "_version"}


def _part(path):
    """Return the part of the package that a file (relative to the root) belongs to."""
    parts = Path(path).with_suffix("").parts[1:]
    return parts[0]


def _imports(source):
    """Yield every imported name in full: `from a.b import c` gives `a.b.c`.

    Attributes of an imported name count too: after `import a`, `a.b.c` is as good as an import.
    """
    tree = ast.parse(source)
    bound = {}  # name in the source -> what it stands for
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                bound[alias.asname or whole] = whole
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                name = f"{'.' * node.level}{node.module or ''}.{alias.name}"
                yield name
                bound[alias.asname or alias.name] = name
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and id(node) not in inner:  # a chain from its end
            chain = []
            while isinstance(node, ast.Attribute):
                chain.insert(0, node.attr)
                node = node.value
            if isinstance(node, ast.Name) and node.id in bound:
                yield ".".join([bound[node.id], *chain])


def _is_private(name):
    return name.startswith("_") and not name.endswith("__")


def violations(path, source):
    """List the rules that the source of the file at `path` breaks."""
    part = _part(path)
    broken = []
    for name in dict.fromkeys(_imports(source)):
        root, *rest = name.split(".")
        if root == "":
            broken.append(f"{name}: relative import")
        elif root == "skrmt":
            if part in ROOF or part.startswith("_demo"):
                continue
            if not rest:  # `import skrmt`: the bare package, no name from it
                continue
            if not (ROOT / "skrmt" / rest[0]).is_dir() and rest[0] not in MAY_IMPORT:
                broken.append(f"{name}: a name from the top-level package")
            elif rest[0] != part and rest[0] not in MAY_IMPORT[part]:
                broken.append(f"{name}: {part} may not import {rest[0]}")
        else:
            if part == "theory" and root not in THEORY_NEEDS_ONLY and root not in STANDARD:
                broken.append(f"{name}: theory needs numpy and scipy only")
            private = any(map(_is_private, rest))
            if private and root not in STANDARD and path != DOOR:
                broken.append(f"{name}: private to {root}, import it through {DOOR}")
    return broken


@pytest.mark.parametrize("path", [path.relative_to(ROOT).as_posix() for path in SOURCES])
def test_imports_run_downwards(path):
    assert violations(path, (ROOT / path).read_text()) == []


@pytest.mark.parametrize(
    ("path", "source", "reason"),
    [
        ("skrmt/cluster/_a.py", "from skrmt.graph import b", "cluster may not import graph"),
        ("skrmt/theory/a.py", "import skrmt.sketching.b", "theory may not import sketching"),
        ("skrmt/theory/a.py", "from sklearn.base import clone", "numpy and scipy only"),
        ("skrmt/_kernels/_a.py", "from skrmt.theory import b", "_kernels may not import theory"),
        ("skrmt/sketching/_a.py", "def f():\n import skrmt.cluster", "may not import cluster"),
        ("skrmt/cluster/_a.py", "from skrmt.datasets import b", "may not import datasets"),
        ("skrmt/cluster/_a.py", "from sklearn.utils._x import b", "private to sklearn"),
        ("skrmt/cluster/_a.py", "from sklearn.base import _fit_context", "private to sklearn"),
        ("skrmt/cluster/_a.py", "from scipy._lib import b", "private to scipy"),
        ("skrmt/cluster/_a.py", "from . import b", "relative import"),
        ("skrmt/cluster/_a.py", "from skrmt import show_versions", "top-level package"),
        ("skrmt/utils/a.py", "from skrmt.cluster import b", "utils may not import cluster"),
        ("skrmt/utils/a.py", "from skrmt.base import b", "utils may not import base"),
        ("skrmt/theory/a.py", "import skrmt\nskrmt.cluster.X()", "theory may not import cluster"),
        ("skrmt/theory/a.py", "import skrmt as s\nclass C(s.cluster.X): 1", "not import cluster"),
        ("skrmt/cluster/_a.py", "import skrmt\nv = skrmt.__version__", "top-level package"),
        ("skrmt/cluster/_a.py", "import scipy\nscipy._lib.b(1)[2].c", "private to scipy"),
        ("skrmt/cluster/_a.py", "import sklearn.base as b\nb._fit_context()", "private to sklearn"),
    ],
)
def test_rules_notice_an_import_that_breaks_them(path, source, reason, monkeypatch):
    for name in ("cluster", "graph", "sketching"):
        monkeypatch.setitem(MAY_IMPORT, name, GROUND | {"sketching"})
    (broken,) = violations(path, source)
    assert reason in broken


def test_rules_allow_what_they_should(monkeypatch):
    monkeypatch.setitem(MAY_IMPORT, "cluster", GROUND | {"sketching"})
    source = (
        "import numpy as np\nfrom skrmt.theory import a\nfrom skrmt.base import B\nimport skrmt\n"
        "v = np.__version__, skrmt.theory.a._b, a._b, self._b\n"
    )
    assert violations("skrmt/cluster/_a.py", source) == []
    assert violations(DOOR, "from sklearn.base import _fit_context") == []


def test_rules_have_a_direction():
    graphlib.TopologicalSorter(MAY_IMPORT).prepare()  # raises where there is a cycle


def test_every_part_has_its_rule():
    parts = {_part(path.relative_to(ROOT)) for path in SOURCES}
    assert {part for part in parts if not part.startswith("_demo")} - ROOF <= set(MAY_IMPORT)


def test_no_module_has_a_name_of_the_namesake():
    names = {path.stem for path in (ROOT / "skrmt").iterdir()}
    assert not names & NAMES_OF_THE_NAMESAKE
