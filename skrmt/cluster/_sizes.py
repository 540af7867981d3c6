# SPDX-License-Identifier: BSD-3-Clause
"""What the number of rows allows."""

from numbers import Integral


def check_sizes(parameters, n_samples):
    """Check parameters against the number of rows.

    Parameters
    ----------
    parameters : Bunch
        Parameters of the estimator.
    n_samples : int
        Number of rows.

    Raises
    ------
    ValueError
        For more clusters or vectors than there can be, or more rows than an index can count.
    """
    for name, most, why in (
        ("n_clusters", n_samples, "no more clusters than rows"),
        ("n_components", n_samples - 1, "fewer vectors than rows"),
    ):
        value = getattr(parameters, name)
        if isinstance(value, Integral) and value > most:
            raise ValueError(
                f"{name}={value} must be at most {most} for n_samples={n_samples}: {why}."
            )
    if n_samples >= 2**31:
        raise ValueError(
            f"n_samples={n_samples} is beyond the 32-bit indices of the affinity; fit a sample of "
            "the rows and predict the others."
        )
