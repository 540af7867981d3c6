# SPDX-License-Identifier: BSD-3-Clause
"""Which array libraries and devices are at hand, and with them which of scikit-learn's checks."""

from functools import cache
from importlib.util import find_spec


class NotAtHandError(Exception):
    """A test wants a library that is not installed, and is skipped.

    Unlike what `pytest.skip` raises it can be pickled, in a process of its own.
    """


@cache
def has_device(library, device):
    """Whether a library is installed and knows a device that is there.

    Parameters
    ----------
    library : str
        As scikit-learn's checks name it.
    device : str or None
        Likewise.

    Returns
    -------
    has_device : bool
        False for libraries that the tests do not use.
    """
    if library == "numpy":
        return True
    if find_spec(library) is None:
        return False
    if library == "torch" and device not in {None, "cpu"}:
        import torch

        part = getattr(torch, device, None) or getattr(torch.backends, device)
        return part.is_available()
    if library == "cupy":
        import cupy

        return cupy.cuda.is_available()
    return library in {"array_api_strict", "torch"}


def is_at_hand(check):
    """Whether the libraries and devices that a common check names are there.

    Parameters
    ----------
    check : callable
        As scikit-learn's generators yield them; those of the array API are partial functions.

    Returns
    -------
    at_hand : bool
        True for every other check.
    """
    named = getattr(check, "keywords", {})
    arrays = [named[key] for key in ("X_ns_and_device", "other_ns_and_device") if key in named]
    if "array_namespace" in named:
        arrays.append((named["array_namespace"], named.get("device_name")))
    return all(has_device(*array) for array in arrays)


def to_torch(array):
    """Make a tensor.

    Parameters
    ----------
    array : array-like
        Numbers.

    Returns
    -------
    tensor : torch.Tensor
        The same numbers, on the CPU.

    Raises
    ------
    NotAtHandError
        If PyTorch is not installed.
    """
    if not has_device("torch", None):
        raise NotAtHandError("PyTorch is not installed")
    import torch

    return torch.asarray(array)
