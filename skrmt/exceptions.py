# SPDX-License-Identifier: BSD-3-Clause
"""The warnings of skrmt that are not already scikit-learn's."""

__all__ = ["TheoryWarning"]


class TheoryWarning(UserWarning):
    """The assumptions of the theory visibly fail on the data at hand.

    The estimator still works; what it predicts about itself, or what it took from the
    prediction, is in doubt. The message names the consequence and the parameter to set.

    Examples
    --------
    Turn the doubt into an error:

    >>> import warnings
    >>> from skrmt.exceptions import TheoryWarning
    >>> warnings.simplefilter("error", category=TheoryWarning)
    """
