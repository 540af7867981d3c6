# SPDX-License-Identifier: BSD-3-Clause
"""A spectrum with multiplicities, and the checks of the arrays that come with one."""

import math

import numpy as np

from skrmt.theory._parameter_checks import as_number


def as_array(name: str, values: object, ndim: int | None = None) -> np.ndarray:
    """Convert to float64 and check that every value is finite.

    Parameters
    ----------
    name : str
        Name of the parameter, for the message.
    values : array-like
        What was given.
    ndim : int, default=None
        Number of axes that is asked for; None takes any.

    Returns
    -------
    ndarray
        The values.

    Raises
    ------
    ValueError
        If a value is not finite or no number, or the number of axes is wrong.
    """
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be numbers, got {values!r}.") from error
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axis, got shape {array.shape}; flatten it.")
    if not np.isfinite(array).all():
        bad = array[~np.isfinite(array)].flat[0]
        raise ValueError(f"{name} must be finite, got {float(bad)!r}; leave such values out.")
    return array


def as_nonnegative(name: str, values: object, ndim: int | None = None) -> np.ndarray:
    """Convert to float64 and check that every value is finite and not negative.

    Parameters
    ----------
    name : str
        Name of the parameter, for the message.
    values : array-like
        What was given.
    ndim : int, default=None
        Number of axes that is asked for; None takes any.

    Returns
    -------
    ndarray
        The values.

    Raises
    ------
    ValueError
        If a value is negative, not finite or no number, or the number of axes is wrong.
    """
    array = as_array(name, values, ndim)
    if (array < 0).any():
        raise ValueError(
            f"{name} must not be negative, got {float(array.min())!r}; "
            "set what is zero up to rounding to zero."
        )
    return array


def as_result(array: np.ndarray) -> np.ndarray | float:
    """Return a float for a number, an array for an array.

    Parameters
    ----------
    array : ndarray
        Result of a function that takes both.

    Returns
    -------
    float or ndarray
        The same without an array of no axes.
    """
    return array if array.ndim else float(array)


def as_count(name: str, value: object) -> int:
    """Check that a parameter is an integer of at least 1.

    Parameters
    ----------
    name : str
        Name of the parameter, for the message.
    value : object
        What was given.

    Returns
    -------
    int
        The value.

    Raises
    ------
    ValueError
        If it is not an integer of at least 1.
    """
    number = math.nan if isinstance(value, str | bytes | bool) else as_number(value)
    if not (number >= 1 and math.isfinite(number) and number == int(number)):
        raise ValueError(f"{name} must be an integer of at least 1, got {value!r}.")
    return int(number)


class Spectrum:
    """Eigenvalues of a positive semi-definite matrix, each with its multiplicity.

    Zeros are dropped: nothing here depends on how many there are.

    Parameters
    ----------
    eigenvalues : array-like of shape (n_eigenvalues,)
        Eigenvalues, not negative.
    weights : array-like of shape (n_eigenvalues,), default=None
        Multiplicities, not negative; None is 1 each.
    name : str, default="eigenvalues"
        Name of the parameter, for the messages.

    Attributes
    ----------
    values, weights : ndarray
        The positive eigenvalues and their multiplicities.
    kept : ndarray of bool, shape (n_eigenvalues,)
        Which of the given eigenvalues these are.
    rank, trace : float
        Their number and their sum.
    """

    def __init__(self, eigenvalues, weights=None, name="eigenvalues"):
        values = as_nonnegative(name, eigenvalues, 1)
        weights = np.ones_like(values) if weights is None else as_nonnegative("weights", weights, 1)
        if weights.shape != values.shape:
            raise ValueError(
                f"weights must have one value for each of {name}, got shapes {weights.shape} and "
                f"{values.shape}."
            )
        self.kept = (values > 0) & (weights > 0)
        self.values, self.weights = values[self.kept], weights[self.kept]
        self.rank = float(self.weights.sum())
        self.trace = float(self.weights @ self.values)

    def freedom(self, level: float) -> tuple[float, float]:
        """Degrees of freedom ``df = sum s / (s + level)``, and the rest ``rank - df``.

        The rest is summed by itself, so that it keeps its digits at a small level.

        Parameters
        ----------
        level : float
            Ridge level, above minus the least positive eigenvalue.

        Returns
        -------
        df, rest : float
            The two sums.
        """
        over = self.weights / (self.values + level)
        return float(over @ self.values), level * float(over.sum())
