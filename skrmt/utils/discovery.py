# SPDX-License-Identifier: BSD-3-Clause
"""Find every estimator of the package, so that no test can forget one."""

import importlib
import inspect
import pkgutil

from sklearn.base import BaseEstimator

import skrmt.base

__all__ = ["all_estimators"]


def all_estimators():
    """List the public estimators of skrmt.

    An estimator is public when a module whose path has no part with a leading underscore
    names it in its `__all__`.

    Returns
    -------
    estimators : list of tuple (str, type)
        Name and class of each estimator, in alphabetical order.

    Examples
    --------
    >>> from skrmt.utils.discovery import all_estimators
    >>> "TernaryRandomFeatures" in dict(all_estimators())
    True
    """
    found = {}
    for module in _public_modules():
        for name in getattr(module, "__all__", ()):
            member = getattr(module, name)
            if (
                inspect.isclass(member)
                and issubclass(member, BaseEstimator)
                and member.__module__.split(".")[0] == skrmt.__name__
                and member is not skrmt.base.SkrmtEstimator
                and not inspect.isabstract(member)
            ):
                found[name] = member
    return sorted(found.items())


def _public_modules():
    for info in pkgutil.walk_packages(skrmt.__path__, prefix=f"{skrmt.__name__}."):
        if not any(part.startswith("_") for part in info.name.split(".")):
            yield importlib.import_module(info.name)
