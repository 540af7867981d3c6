# SPDX-License-Identifier: BSD-3-Clause
"""Checks of the numbers and names that the theory functions are called with."""

import inspect
import math
from collections.abc import Callable


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
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (number > 0 and math.isfinite(number)):
        raise ValueError(f"{name} must be a positive finite number, got {value!r}.")
    return number


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
