# SPDX-License-Identifier: BSD-3-Clause
"""A first look at the strength of the clusters, with the signs of a part of the Gram matrix."""

import numpy as np

from skrmt.cluster._kernel_choice import named_kernel
from skrmt.cluster._rows import SomeRows
from skrmt.cluster._sampled_rows import PairSample
from skrmt.cluster._signed_fit import fit_signed

_PILOT_ROWS = 2000


def pilot_strength(rows, n_vectors, *, random_state, settings):
    """Estimate the strength of the weakest spike from some rows.

    Parameters
    ----------
    rows : DenseRows, SparseRows or GivenSimilarities
        The training rows.
    n_vectors : int or "auto"
        How many spikes there are; "auto" for those that stand out.
    random_state : RandomState
        Draws the rows.
    settings : SpectrumSettings
        How eigenvectors are computed.

    Returns
    -------
    strength : float
        Of the weakest spike; 0 if not all stand out.
    dimension : float
        Effective dimension.

    Raises
    ------
    ValueError
        If the similarities of rows with themselves are not known.
    """
    if rows.mean_square_norm <= 0:
        raise ValueError(
            "density='auto' needs the effective dimension, and so the diagonal of the "
            f"similarities, which is {rows.mean_square_norm:.3g} on average: give density, or "
            "similarities with a diagonal."
        )
    size = min(rows.n_rows, _PILOT_ROWS)
    some = SomeRows(rows, np.sort(random_state.permutation(rows.n_rows)[:size]))
    sample = PairSample.of(some, random_state)
    sign = named_kernel("sign", None, 1)
    wanted = n_vectors if n_vectors == "auto" else min(n_vectors, size - 1)
    fit = fit_signed(some, sample, sign, wanted, random_state=random_state, settings=settings)
    count = fit.n_outliers
    if count == 0 or (n_vectors != "auto" and count < n_vectors):
        return 0.0, fit.law.dimension
    strengths, _ = fit.law.spikes(fit.eigenvalues[:count])
    return float(strengths.min()), fit.law.dimension
