# SPDX-License-Identifier: BSD-3-Clause
"""Whether data are near the limit in which threshold features have their target kernel."""

import warnings

from skrmt.exceptions import TheoryWarning

# Below this many inputs the kernel of the threshold activation is too far from its limit.
FEW_FEATURES = 16

# Coefficient of variation of the squared norms above which rows do not share one tau.
UNEQUAL_NORMS = 0.5


def warn_far_from_limit(n_features, squared_distances, *, stacklevel):
    """Warn where the kernel of the threshold activation is not that of the limit.

    Parameters
    ----------
    n_features : int
        Number of inputs, p.
    squared_distances : ndarray of shape (n_samples,)
        Squared distance of each row to the mean.
    stacklevel : int
        Frames between the warning and the user's call, as in `warnings.warn`.

    Warns
    -----
    TheoryWarning
        If there are few inputs, or if rows differ much in norm.
    """
    if n_features < FEW_FEATURES:
        warnings.warn(
            f"n_features={n_features} is small for activation='threshold': its kernel reaches "
            f"the target only for many features (at least {FEW_FEATURES}, better 50). For "
            "kernel='rbf', activation='phase' is right at any number.",
            TheoryWarning,
            stacklevel=stacklevel,
        )
    mean, spread = squared_distances.mean(), squared_distances.std()
    if spread > UNEQUAL_NORMS * mean:
        warnings.warn(
            f"The rows of X have very unequal norms (coefficient of variation {spread / mean:.2f} "
            f"of the squared distance to the mean, above {UNEQUAL_NORMS}): the thresholds fit rows "
            "of average norm, and the kernel of the others differs from the target. Use "
            "StandardScaler or Normalizer before, or activation='phase' with kernel='rbf'.",
            TheoryWarning,
            stacklevel=stacklevel,
        )
