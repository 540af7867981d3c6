# SPDX-License-Identifier: BSD-3-Clause
"""A known signal in noise of several kinds, all of mean variance 1."""

from dataclasses import dataclass

import numpy as np

MEAN = 5.0


@dataclass(frozen=True, eq=False)
class Planted:
    """Data, and what they were made of.

    Attributes
    ----------
    data : ndarray of shape (n, p)
        ``scores * sqrt(spikes) @ axes + noise + MEAN``.
    axes : ndarray of shape (k, p)
        Orthonormal rows.
    spikes : ndarray of shape (k,)
        Variances that the signal adds to the noise along them.
    signal : ndarray of shape (n, p)
        The data without their noise.
    row_variances, column_variances : ndarray of shape (n,) and (p,)
        The variance of an entry of the noise is their product.
    """

    data: np.ndarray
    axes: np.ndarray
    spikes: np.ndarray
    signal: np.ndarray
    row_variances: np.ndarray
    column_variances: np.ndarray


# Noise with one variance, with column variances from a gamma law of shape 3, with Student's t of 4
# degrees of freedom, with row variances from an exponential law, and with few entries besides 0.
NOISES = ("white", "columns", "t(4)", "rows", "sparse")
DENSITY = 0.02


def planted(n, p, spikes, noise, seed, *, along_columns=False, n_new=0):
    """Draw a signal along random axes, and noise.

    Parameters
    ----------
    n, p : int
        Rows and columns.
    spikes : sequence of float
        Variances that the signal adds.
    noise : {"white", "columns", "t(4)", "rows", "sparse"}
        Kind of the noise.
    seed : int
        Source of the draw.
    along_columns : bool, default=False
        Whether each axis is that of one column.
    n_new : int, default=0
        Further rows of the same law, at the end.

    Returns
    -------
    sample : Planted
        Data of ``n + n_new`` rows.
    """
    rng = np.random.default_rng(seed)
    spikes, n = np.array(spikes, dtype=float), n + n_new
    rows, columns = np.ones(n), np.ones(p)
    if noise == "columns":
        columns = rng.gamma(3, 1 / 3, p)
    elif noise == "rows":
        rows = rng.exponential(size=n)
    if along_columns:
        axes = np.eye(len(spikes), p)
    else:
        axes = np.linalg.qr(rng.standard_normal((p, len(spikes))))[0].T
    signal = (rng.standard_normal((n, len(spikes))) * np.sqrt(spikes)) @ axes + MEAN
    if noise == "t(4)":
        entries = rng.standard_t(4, (n, p)) / np.sqrt(2)
    else:
        entries = rng.standard_normal((n, p))
    if noise == "sparse":
        entries *= (rng.random((n, p)) < DENSITY) / DENSITY**0.5
    entries *= np.sqrt(np.outer(rows, columns))
    return Planted(signal + entries, axes, spikes, signal, rows, columns)
