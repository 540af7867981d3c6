# SPDX-License-Identifier: BSD-3-Clause
"""Whether second moments still tell what the rows told.

An eigenvalue of a matrix of moments is the square of a singular value of the rows, and accurate to
the largest eigenvalue times the machine epsilon: what varies 1e8 times less than the largest
direction is gone. Rows at hand have a way out, moments have not.
"""

from scipy.linalg import eigvalsh

from skrmt.exceptions import TheoryWarning
from skrmt.linear_model._row_spectrum import WIDE_SPECTRUM
from skrmt.utils._user_warning import warn_user

# Of the squared mean: a column that varies less is constant, up to the rounding of its moments.
CONSTANT = 1e-12


def scale_ratio(variances, means):
    """Smallest variance of a column that is not constant, in units of the largest.

    Parameters
    ----------
    variances, means : ndarray of shape (n_features,)
        Moments of each column.

    Returns
    -------
    ratio : float
        In (0, 1]; 1.0 where all columns are constant.
    """
    moving = variances[variances > CONSTANT * means**2]
    return float(moving.min() / variances.max()) if moving.size else 1.0


def warn_lost_digits(stream, moments):
    """Say that columns of too different scale have cost the moments their digits.

    A matrix of moments that is singular because columns depend on each other, are constant or
    outnumber the rows is none of that: standardised columns would not help.

    Parameters
    ----------
    stream : Stream
        Moments, and variances of the inputs.
    moments : MemberMoments
        The moments in the columns of the members.
    """
    ratio = scale_ratio(stream.column_variances, stream.x_mean)
    if ratio > WIDE_SPECTRUM:
        return
    for k in range(stream.plan.n_members):
        s = eigvalsh(moments.gram(k, k), check_finite=False)
        s = s[-min(len(s), stream.n_rows - 1) :]
        if s[0] < WIDE_SPECTRUM * s[-1]:
            warn_user(
                f"Columns of X have variances as far apart as 1 to {1 / ratio:.1g}: moments, "
                "which are all that batches and Dask arrays leave of most rows, have lost the "
                "digits of the small ones, and coefficients of theirs may be missing. Standardise "
                "the columns, e.g. with StandardScaler, or fit rows in memory.",
                TheoryWarning,
            )
            return
