# SPDX-License-Identifier: BSD-3-Clause
"""A warning that points at the user's line, however deep it arose."""

import sys
import warnings

_LIBRARIES = ("skrmt", "sklearn", "joblib")


def warn_user(message, category):
    """Warn at the innermost frame that belongs to no library in between.

    An estimator is fitted directly, through `fit_transform`, or by a pipeline: no fixed
    `stacklevel` fits all.

    Parameters
    ----------
    message : str
        What to say.
    category : type
        Class of the warning.

    Examples
    --------
    >>> import warnings
    >>> from skrmt.utils._user_warning import warn_user
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_user("mind the edge", UserWarning)
    >>> str(caught[0].message)
    'mind the edge'
    """
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] not in _LIBRARIES:
            break
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
