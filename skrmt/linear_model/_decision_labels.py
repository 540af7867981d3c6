# SPDX-License-Identifier: BSD-3-Clause
"""Labels as targets of -1 and 1, and labels back from values of a decision function."""

import numpy as np
from sklearn.preprocessing import LabelBinarizer

# How an indicator matrix may say "not this label"; it says 1 (or True) where it is.
ABSENT = (0, -1)


class DecisionLabels:
    """Labels of a classification problem.

    Parameters
    ----------
    y : ndarray of shape (n_samples,) or (n_samples, n_labels)
        Labels; for several labels a row an indicator matrix of 0 and 1, False and True, or -1
        and 1.

    Raises
    ------
    ValueError
        If there is a single class, or a matrix of anything else.
    """

    def __init__(self, y):
        self.several = y.ndim == 2
        self._absent = _absent(y) if self.several else None
        self._binarizer = LabelBinarizer(pos_label=1, neg_label=-1)
        if self.several:
            self.classes_ = np.arange(y.shape[1])
            return
        self.classes_ = self._binarizer.fit(y).classes_
        if len(self.classes_) < 2:
            raise ValueError(
                f"y has one class, {self.classes_[0]}; a classifier needs at least two classes, "
                "with a positive weight."
            )

    def for_metrics(self, y):
        """Labels as scikit-learn's metrics take them, to whom any number but 0 is a label.

        Parameters
        ----------
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
            Labels.

        Returns
        -------
        y : ndarray of the same shape
            An indicator matrix has 0 and 1.
        """
        return (y > 0).astype(int) if self.several else y

    def encode(self, y):
        """Targets of -1 and 1.

        Parameters
        ----------
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
            Labels.

        Returns
        -------
        Y : ndarray of shape (n_samples, n_targets) and dtype float64
            One column for two classes.
        """
        if self.several:
            return np.where(y > 0, 1.0, -1.0)
        return self._binarizer.transform(y).astype(np.float64)

    def decode(self, values):
        """Labels of decision values.

        Parameters
        ----------
        values : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Values of the decision function.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
            Labels; an indicator matrix is of integers, and has -1 where the given one had it.
        """
        if self.several:
            return np.where(values > 0, 1, self._absent).reshape(len(values), -1)
        index = (values > 0).astype(int) if values.ndim == 1 else values.argmax(axis=1)
        return self.classes_[index]


def _absent(y):
    """What an indicator matrix has where a row lacks a label."""
    if y.dtype.kind in "biuf":
        for absent in ABSENT:
            if np.all((y == 1) | (y == absent)):
                return absent
    values = np.unique(y.astype(str) if y.dtype.kind == "O" else y)
    raise ValueError(
        f"y of shape {y.shape} must be an indicator matrix of several labels a row, of 0 and 1, "
        f"False and True, or -1 and 1, but has {_listed(values)}. For several outputs wrap the "
        "classifier in sklearn.multioutput.MultiOutputClassifier."
    )


def _listed(values):
    """The first of some values, as a text."""
    some = ", ".join(map(repr, values[:5].tolist()))
    return f"the values {some}" + (", ..." if len(values) > 5 else "")
