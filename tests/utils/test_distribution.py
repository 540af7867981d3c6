# SPDX-License-Identifier: BSD-3-Clause
from importlib import metadata

import pytest

from skrmt.utils import _distribution


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return a function that makes a distribution look installed."""

    def install(name, version, *lines):
        folder = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        text = "\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *lines])
        (folder / "METADATA").write_text(text + "\n")
        monkeypatch.syspath_prepend(tmp_path)

    return install


def test_namesake_is_refused_with_the_remedy(install):
    install("scikit-rmt", "2.1.1")
    with pytest.raises(ImportError, match=r"scikit-rmt 2\.1\.1[^$]*pip uninstall scikit-rmt"):
        _distribution.refuse_namesake()


def test_nothing_is_refused_without_the_namesake(install):
    install("scikit-rmt-extras", "1.0")
    _distribution.refuse_namesake()


def test_version_is_that_of_the_distribution(install):
    install("skrmt", "7.8.9")
    assert _distribution.package_version() == "7.8.9"


def test_source_tree_without_metadata_has_no_version(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    monkeypatch.setattr(metadata, "metadata", missing)
    assert _distribution.package_version() == "0+unknown"
    assert _distribution.documentation_url() is None


def test_documentation_is_found_among_the_project_addresses(install):
    install(
        "skrmt",
        "1.0",
        "Project-URL: Source, https://source.invalid",
        "Project-URL: Documentation, https://docs.invalid/",
    )
    assert _distribution.documentation_url() == "https://docs.invalid"


def test_no_documentation_without_such_an_address(install):
    install("skrmt", "1.0", "Project-URL: Source, https://source.invalid")
    assert _distribution.documentation_url() is None
