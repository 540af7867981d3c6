# SPDX-License-Identifier: BSD-3-Clause
"""Every public object is documented in numpydoc's form, and every example runs."""

import doctest
import importlib
import inspect
import pkgutil

import pytest
from numpydoc.validate import validate

import skrmt

# The same exceptions as in pyproject.toml, where the reasons stand; but a public class or
# function must have an example.
EXCEPT = {"ES01", "SA01", "GL01", "RT02"}


def _modules():
    yield skrmt
    for info in pkgutil.walk_packages(skrmt.__path__, prefix="skrmt."):
        yield importlib.import_module(info.name)


def _is_public(module):
    return not any(part.startswith("_") for part in module.__name__.split("."))


def _methods(cls):
    """Yield the public methods and properties that `cls` or a base of ours defines."""
    for name in dir(cls):
        for base in cls.__mro__:
            if name in vars(base):
                if not name.startswith("_") and base.__module__.split(".")[0] == "skrmt":
                    member = vars(base)[name]
                    if inspect.isroutine(member) or isinstance(member, property):
                        yield name
                break


PUBLIC_MODULES = [module for module in _modules() if _is_public(module)]


def _case(name, ignored):
    return pytest.param(name, ignored, id=name)


def _public_objects():
    for module in PUBLIC_MODULES:
        for name in getattr(module, "__all__", ()):
            member = getattr(module, name)
            if inspect.isclass(member) or inspect.isroutine(member):
                yield _case(f"{module.__name__}.{name}", EXCEPT)
            if inspect.isclass(member):
                for method in _methods(member):
                    yield _case(f"{module.__name__}.{name}.{method}", EXCEPT | {"EX01"})


@pytest.mark.parametrize("module", PUBLIC_MODULES, ids=lambda module: module.__name__)
def test_public_module_says_what_it_exports(module):
    assert module.__doc__
    if module is not skrmt.utils:  # holds nothing itself
        assert module.__all__


@pytest.mark.parametrize(("name", "ignored"), list(_public_objects()))
def test_docstring_is_valid(name, ignored):
    errors = [f"{code}: {text}" for code, text in validate(name)["errors"] if code not in ignored]
    assert not errors, "\n".join(errors)


def _examples():
    """Yield each docstring with an example, decorated or not, public or private."""
    parser = doctest.DocTestParser()
    for module in _modules():
        members = [(module.__name__, module)]
        for name, member in vars(module).items():
            if getattr(member, "__module__", None) != module.__name__:
                continue
            members.append((f"{module.__name__}.{name}", member))
            if inspect.isclass(member):
                members += [
                    (f"{module.__name__}.{name}.{attribute}", getattr(member, attribute))
                    for attribute in vars(member)
                ]
        for name, member in members:
            text = getattr(member, "__doc__", None)
            if isinstance(text, str) and ">>>" in text:
                example = parser.get_doctest(text, {"__name__": "__main__"}, name, None, 0)
                yield pytest.param(example, id=name)


@pytest.mark.parametrize("example", list(_examples()))
def test_example_runs(example):
    report = []
    runner = doctest.DocTestRunner(
        optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS, verbose=False
    )
    runner.run(example, out=report.append)
    assert not report, "".join(report)
