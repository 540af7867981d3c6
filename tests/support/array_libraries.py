# SPDX-License-Identifier: BSD-3-Clause
"""Which array libraries and devices are at hand, and with them which of scikit-learn's checks."""

from functools import cache
from importlib.util import find_spec


@cache
def _has_device(library, device):
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
    return all(_has_device(*array) for array in arrays)
