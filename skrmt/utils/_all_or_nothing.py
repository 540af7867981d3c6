# SPDX-License-Identifier: BSD-3-Clause
"""A fit that fails changes nothing."""

import functools


def all_or_nothing(method):
    """Make a method restore the attributes of its object when it raises.

    Without it, a second `fit` that fails half-way leaves an estimator that mixes two fits,
    for example the old coefficients beside the new `n_features_in_`.

    The copy is shallow: it costs nothing, and it undoes every assignment to an attribute.
    It does not undo a change *inside* an attribute, so a `partial_fit` computes its new
    statistics first and assigns (or updates in place) only when nothing can fail any more.

    Parameters
    ----------
    method : callable
        A method that sets attributes of its first argument.

    Returns
    -------
    method : callable
        The method, which now either succeeds or leaves the attributes as they were.

    Examples
    --------
    >>> from skrmt.utils._all_or_nothing import all_or_nothing
    >>> class Cell:
    ...     value = 1
    ...     @all_or_nothing
    ...     def divide(self, by):
    ...         self.value = "half-way"
    ...         self.value = 1 / by
    >>> cell = Cell()
    >>> try:
    ...     cell.divide(0)
    ... except ZeroDivisionError:
    ...     print(cell.value)
    1
    """

    @functools.wraps(method)
    def wrapper(self, *args, **kwargs):
        before = self.__dict__.copy()
        try:
            return method(self, *args, **kwargs)
        except BaseException:  # an interrupted fit is a failed fit
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    return wrapper
