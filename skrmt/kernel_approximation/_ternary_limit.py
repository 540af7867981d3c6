# SPDX-License-Identifier: BSD-3-Clause
"""Whether data are near the limit in which threshold features have their target kernel."""

import math

from skrmt.exceptions import TheoryWarning
from skrmt.theory import matched_share
from skrmt.utils._user_warning import warn_user

# Below this many inputs the kernel of the threshold activation is too far from its limit.
FEW_FEATURES = 16

# Coefficient of variation of the squared norms above which rows do not share one tau.
UNEQUAL_NORMS = 0.5

# Share of the target's variance below which hardly anything of it is left off the diagonal.
NOTHING_RESOLVED = 0.01


def relative_spread(n_samples, total, total_of_squares):
    """Coefficient of variation of numbers that are not negative, from their sums.

    Parameters
    ----------
    n_samples : int
        How many they are.
    total, total_of_squares : float
        Sum of the numbers and of their squares.

    Returns
    -------
    spread : float
        Standard deviation over mean; 0 where all are 0.
    """
    if not total:
        return 0.0
    return math.sqrt(max(n_samples * total_of_squares / total**2 - 1.0, 0.0))


def warn_far_from_limit(n_features, spread, target):
    """Warn where the kernel of the threshold activation is not that of the limit.

    Parameters
    ----------
    n_features : int
        Number of inputs, p.
    spread : float
        Coefficient of variation of the squared distances of rows to their mean.
    target : KernelMoments
        Moments of the target kernel.

    Warns
    -----
    TheoryWarning
        If there are few inputs, if rows differ much in norm, or if the target is nearly a multiple
        of the identity.
    """
    if n_features < FEW_FEATURES:
        warn_user(
            f"n_features={n_features} is small for activation='threshold': its kernel reaches "
            f"the target only for many features (at least {FEW_FEATURES}, better 50). For "
            "kernel='rbf', activation='phase' is right at any number.",
            TheoryWarning,
        )
    if spread > UNEQUAL_NORMS:
        warn_user(
            f"The rows of X have very unequal norms (coefficient of variation {spread:.2f} "
            f"of the squared distance to the mean, above {UNEQUAL_NORMS}): the thresholds fit rows "
            "of average norm, and the kernel of the others differs from the target. Use "
            "StandardScaler or Normalizer before, or activation='phase' with kernel='rbf'.",
            TheoryWarning,
        )
    share = matched_share(target)
    if share < NOTHING_RESOLVED:
        warn_user(
            f"At the scale of these data (tau_={target.tau:.3g}) the target kernel is nearly a "
            f"multiple of the identity: its linear and quadratic parts hold {share:.2g} of its "
            "variance, and the features will hardly tell rows apart. Divide standardised X by "
            "sqrt(n_features), or set a smaller gamma.",
            TheoryWarning,
        )
