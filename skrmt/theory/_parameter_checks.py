# SPDX-License-Identifier: BSD-3-Clause
"""Checks of the numbers and names that the theory functions are called with."""

import inspect
import math
from collections.abc import Callable

import numpy as np

# Outside of this range of gamma tau, kernels are constant or degenerate to rounding, and powers of
# them over- or underflow.
_SMALLEST_SCALE, _LARGEST_SCALE = 1e-100, 1e100


def as_number(value: object) -> float:
    """Convert to float.

    Parameters
    ----------
    value : object
        What was given.

    Returns
    -------
    float
        The value, nan if it is no number.
    """
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def check_flag(name: str, value: object) -> bool:
    """Check that a parameter is True or False.

    Parameters
    ----------
    name : str
        Name of the parameter, for the message.
    value : object
        What was given.

    Returns
    -------
    bool
        The value.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} must be True or False, got {value!r}.")
    return bool(value)


def callable_name(function: Callable) -> str:
    """Name a function in a message.

    Parameters
    ----------
    function : callable
        The function.

    Returns
    -------
    str
        Its name, or its representation where it has none.
    """
    # NumPy's ufuncs have no __qualname__ in all versions, partial objects neither of the two.
    name = getattr(function, "__qualname__", None) or getattr(function, "__name__", None)
    return name or repr(function)


def require_positive(name: str, value: float) -> float:
    """Check that a parameter is a positive finite number.

    Parameters
    ----------
    name : str
        Name of the parameter, for the message.
    value : object
        What was given.

    Returns
    -------
    float
        The value.

    Raises
    ------
    ValueError
        If it is not a positive finite number.
    """
    number = as_number(value)
    if not (number > 0 and math.isfinite(number)):
        raise ValueError(f"{name} must be a positive finite number, got {value!r}.")
    return number


def require_scale(gamma: float, tau: float) -> float:
    """Check that gamma and tau are positive and that their product is in range.

    Parameters
    ----------
    gamma : object
        Inverse squared length of the kernel.
    tau : object
        Mean squared norm of the samples.

    Returns
    -------
    float
        ``gamma * tau``.

    Raises
    ------
    ValueError
        If one of the two is not a positive finite number, or the product is out of range.
    """
    gamma, tau = require_positive("gamma", gamma), require_positive("tau", tau)
    scale = gamma * tau
    if not _SMALLEST_SCALE <= scale <= _LARGEST_SCALE:
        where, kind = ("below", "constant") if scale < 1 else ("above", "degenerate")
        limit = _SMALLEST_SCALE if scale < 1 else _LARGEST_SCALE
        raise ValueError(
            f"gamma * tau = {scale:.3g} is {where} {limit:g}: the kernel is {kind} to rounding at "
            f"this scale. Take gamma of the order of 1 / (2 tau), got gamma={gamma!r} at "
            f"tau={tau!r}."
        )
    return scale


def check_keywords(kind: str, function: Callable, given: dict) -> None:
    """Check that a function takes the keywords given.

    Parameters
    ----------
    kind : str
        What the keywords are parameters of, for the message.
    function : callable
        The function that takes them as keyword-only arguments.
    given : dict
        The keywords.

    Raises
    ------
    ValueError
        For an unknown keyword; names those that exist.
    """
    kinds = inspect.signature(function).parameters.items()
    allowed = [name for name, p in kinds if p.kind is p.KEYWORD_ONLY]
    unknown = sorted(set(given) - set(allowed))
    if unknown:
        takes = f"it takes {', '.join(allowed)}" if allowed else "it takes none"
        raise ValueError(f"Unknown parameter {unknown[0]!r} of {kind}; {takes}.")
