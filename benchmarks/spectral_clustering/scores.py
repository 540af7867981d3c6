# SPDX-License-Identifier: BSD-3-Clause
"""How well labels agree with classes."""

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix


def accuracy(y, labels):
    """Share of rows in the right class, under the best matching of clusters with classes."""
    table = contingency_matrix(y, labels)
    return float(table[linear_sum_assignment(table, maximize=True)].sum() / len(y))


def agreement(y, fits):
    """Means over some fits of three scores, as columns of a result.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        The classes.
    fits : list of ndarray of shape (n_samples,)
        Labels of each fit.

    Returns
    -------
    columns : dict of str to float
        Normalised mutual information, adjusted Rand index, accuracy; empty text without fits.
    """
    scores = {
        "nmi": normalized_mutual_info_score,
        "ari": adjusted_rand_score,
        "accuracy": accuracy,
    }
    return {
        name: round(float(np.mean([score(y, labels) for labels in fits])), 5) if fits else ""
        for name, score in scores.items()
    }
