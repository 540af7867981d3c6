# SPDX-License-Identifier: BSD-3-Clause
"""Whether two estimators that saw different rows may become one."""

import numpy as np


def same(first, second):
    """Whether two values of a parameter are the same.

    Parameters
    ----------
    first, second : object
        Values, also arrays, or functions that were pickled on their way.

    Returns
    -------
    same : bool
        Whether they are.
    """
    if first is second:
        return True
    if callable(first) and type(first) is type(second):
        # A scorer that was pickled on its way is another object with the same content.
        content = getattr(first, "__dict__", None)
        return first == second or bool(content and content == vars(second))
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(same(first[k], second[k]) for k in first)
    try:
        return bool(first == second)
    except ValueError:  # of arrays
        return np.array_equal(first, second)


def refuse_to_merge(estimator, other, *, statistic, own_affairs=(), made_for=None):
    """Refuse another estimator whose rows cannot be added to those of one.

    Parameters
    ----------
    estimator, other : estimator
        The two.
    statistic : str
        Name of the attribute that holds what they know of their rows.
    own_affairs : collection of str, default=()
        Parameters in which they may differ.
    made_for : str, default=None
        Name of the attribute with the parameters that the statistic was made for, which count
        rather than those of now.

    Raises
    ------
    TypeError
        If they are of different classes.
    ValueError
        If one has seen no rows, or columns, their names or parameters differ.
    """
    if type(other) is not type(estimator):
        raise TypeError(f"other must be a {type(estimator).__name__}, got {type(other).__name__}.")
    for name, one in (("self", estimator), ("other", other)):
        if statistic not in vars(one):
            raise ValueError(
                f"merge adds what was kept of rows, but {name} has kept nothing; call partial_fit "
                "on it first."
            )
    if estimator.n_features_in_ != other.n_features_in_:
        raise ValueError(
            f"self has seen {estimator.n_features_in_} features and other "
            f"{other.n_features_in_}; estimators that are merged need the same columns."
        )
    names = [getattr(one, "feature_names_in_", None) for one in (estimator, other)]
    if not np.array_equal(*names):
        raise ValueError("The feature names of self and other differ; use the same columns.")
    theirs = {**other.get_params(deep=False), **vars(other).get(made_for, {})}
    for name, value in theirs.items():
        mine = getattr(estimator, name)
        if name not in own_affairs and not same(mine, value):
            raise ValueError(
                f"{name} is {mine!r} here and {value!r} in other; estimators that are merged need "
                "equal parameters."
            )
