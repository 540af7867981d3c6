# SPDX-License-Identifier: BSD-3-Clause
"""From the projection of a raw row to a level: thresholds and phases for given data.

A kernel projects x on weights without normalisation, ``y = w0.x``. The unit-variance weights of the
theory are ``w = unit_scale w0``, and its projections are centred, ``w.(x - mu)``: both are moved
into the parameters of the rule, so that no row is ever scaled or centred.
"""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class TernaryRule:
    """How the projection of a row, without its `unit_scale`, becomes levels.

    Attributes
    ----------
    name : {"odd", "even", "phase"}
        Rule of `skrmt._kernels.quantize`.
    first, second : ndarray of shape (n_components,) and dtype float64
        Thresholds, or slope and offset of the phase, of each feature.
    """

    name: str
    first: np.ndarray
    second: np.ndarray

    @property
    def n_planes(self):
        """Bit planes of the packed form."""
        return 1 if self.name == "even" else 2

    def parameters(self, dtype, length):
        """Give the parameters as the kernels take them.

        Parameters
        ----------
        dtype : dtype
            Type of the data.
        length : int
            Length to which they are padded with zeros.

        Returns
        -------
        parameters : ndarray of shape (2, length)
            `first` and `second`.
        """
        padded = np.zeros((2, length), dtype)
        padded[0, : len(self.first)] = self.first
        padded[1, : len(self.second)] = self.second
        return padded


def threshold_rule(ternary, tau, projection, mean):
    """Levels ``[w.(x - mu) > s+] + c [w.(x - mu) < s-]`` with ``s = sqrt(tau) u``.

    Parameters
    ----------
    ternary : TernaryActivation
        Family c and thresholds *u-*, *u+* in units of ``sqrt(tau)``.
    tau : float
        Mean squared distance of a row to the mean.
    projection : BlockHadamardProjection or GaussianProjection
        Weights.
    mean : ndarray of shape (n_features,) and dtype float64
        Mean row, *mu*.

    Returns
    -------
    rule : TernaryRule
        "odd" (c = -1) or "even" (c = 1).
    """
    deviation = math.sqrt(tau) / projection.unit_scale
    at_mean = projection.project(mean[np.newaxis])[0]
    return TernaryRule(
        "odd" if ternary.family == -1 else "even",
        deviation * ternary.lower + at_mean,
        deviation * ternary.upper + at_mean,
    )


def phase_rule(gamma, offset, projection, mean):
    """Levels of ``cos(2 pi v)``, ``v = sqrt(2 gamma) w.(x - mu) / (2 pi) + b``.

    Parameters
    ----------
    gamma : float
        Parameter of the kernel ``exp(-gamma d^2)``.
    offset : ndarray of shape (n_components,)
        Offset b of each feature, uniform on [0, 1).
    projection : BlockHadamardProjection or GaussianProjection
        Weights.
    mean : ndarray of shape (n_features,) and dtype float64
        Mean row, *mu*.

    Returns
    -------
    rule : TernaryRule
        "phase".
    """
    slope = math.sqrt(2 * gamma) / (2 * math.pi) * projection.unit_scale
    at_mean = projection.project(mean[np.newaxis])[0]
    return TernaryRule("phase", np.full(len(offset), slope), np.mod(offset - slope * at_mean, 1.0))
