# SPDX-License-Identifier: BSD-3-Clause
"""The base class of every estimator.

It holds two things, the link to the documentation and the version stamp of a pickle,
because scikit-learn gives both only to its own classes. Think twice before adding a third.
"""

import warnings

from sklearn.base import BaseEstimator
from sklearn.exceptions import InconsistentVersionWarning

from skrmt.utils._distribution import documentation_url, package_version

__all__ = ["SkrmtEstimator"]

_STAMP = "_skrmt_version"


class SkrmtEstimator(BaseEstimator):
    """Base class of the estimators of skrmt.

    Adds to :class:`sklearn.base.BaseEstimator` the link to skrmt's documentation in the
    HTML representation, and a version stamp in pickles: loading one that another version
    of skrmt wrote warns with :class:`sklearn.exceptions.InconsistentVersionWarning`.

    Examples
    --------
    >>> import pickle
    >>> from skrmt.base import SkrmtEstimator
    >>> class Shift(SkrmtEstimator):
    ...     def __init__(self, offset=0.0):
    ...         self.offset = offset
    >>> "_skrmt_version" in Shift(2.0).__getstate__()
    True
    """

    _doc_link_module = "skrmt"

    @property
    def _doc_link_template(self):
        url = documentation_url()
        # Where the tables of doc/api.md let autosummary write the page of an object.
        page = "/generated/{estimator_module}.{estimator_name}.html"
        return "" if url is None else url + page

    def __getstate__(self):
        return {**super().__getstate__(), _STAMP: package_version()}

    def __setstate__(self, state):
        state = dict(state)
        found = state.pop(_STAMP, "unknown")
        current = package_version()
        if found != current:
            warnings.warn(
                InconsistentVersionWarning(
                    estimator_name=type(self).__name__,
                    current_sklearn_version=current,
                    original_sklearn_version=found,
                ),
                stacklevel=2,
            )
        super().__setstate__(state)
