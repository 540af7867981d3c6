# SPDX-License-Identifier: BSD-3-Clause
"""Labels as targets of -1 and 1, and labels back from values of a decision function."""

import numpy as np
from sklearn.preprocessing import LabelBinarizer


class DecisionLabels:
    """Labels of a classification problem.

    Parameters
    ----------
    y : ndarray of shape (n_samples,) or (n_samples, n_labels)
        Labels, or an indicator matrix.

    Raises
    ------
    ValueError
        If there is a single class.
    """

    def __init__(self, y):
        self._binarizer = LabelBinarizer(pos_label=1, neg_label=-1).fit(y)
        if len(self.classes_) < 2 and not self.several:
            raise ValueError(
                f"y has one class, {self.classes_[0]}; a classifier needs at least two classes."
            )

    @property
    def classes_(self):
        """Labels in ascending order."""
        return self._binarizer.classes_

    @property
    def several(self):
        """Whether a row may have several labels."""
        return self._binarizer.y_type_.startswith("multilabel")

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
            Labels.
        """
        if self.several:
            signs = np.where(values > 0, 1, -1)
            return self._binarizer.inverse_transform(signs.reshape(len(values), -1))
        index = (values > 0).astype(int) if values.ndim == 1 else values.argmax(axis=1)
        return self.classes_[index]
