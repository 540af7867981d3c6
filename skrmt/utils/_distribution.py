# SPDX-License-Identifier: BSD-3-Clause
"""What the installed distribution says about itself, and about its namesake."""

from importlib import metadata

DISTRIBUTION = "skrmt"
NAMESAKE = "scikit-rmt"


def package_version():
    """Return the version of the installed distribution.

    Returns
    -------
    version : str
        The version of `pyproject.toml`, as recorded when the package was installed;
        `"0+unknown"` for a source tree that is not installed.
    """
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "0+unknown"


def documentation_url():
    """Return the address of the documentation of the installed distribution.

    Returns
    -------
    url : str or None
        The `Documentation` entry of `[project.urls]` in `pyproject.toml`, without a
        slash at its end; None when there is no such entry or the package is not
        installed.
    """
    try:
        entries = metadata.metadata(DISTRIBUTION).get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        return None
    for entry in entries:
        label, _, url = entry.partition(",")
        if label.strip().lower() == "documentation":
            return url.strip().rstrip("/")
    return None


def refuse_namesake():
    """Refuse to go on when the distribution `scikit-rmt` is installed too.

    Both projects install the import package `skrmt`: whichever came second has
    overwritten files of the first, and removing either breaks the other. Anything
    but a refusal would run a mixture of the two.

    Raises
    ------
    ImportError
        If the distribution `scikit-rmt` is found; the message says what to type.
    """
    try:
        found = metadata.version(NAMESAKE)
    except metadata.PackageNotFoundError:
        return
    raise ImportError(
        f"The distribution {NAMESAKE} {found} is installed in this environment. It is another "
        f"project, and it installs the import name 'skrmt' too, so that the two overwrite each "
        f"other's files. Keep them in separate environments; to use {DISTRIBUTION} here:\n"
        f"    pip uninstall {NAMESAKE}\n"
        f"    pip install --force-reinstall --no-deps {DISTRIBUTION}"
    )
