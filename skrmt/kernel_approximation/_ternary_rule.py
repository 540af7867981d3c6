# SPDX-License-Identifier: BSD-3-Clause
"""From the projection of a raw row to a level: thresholds and phases for given data.

A kernel projects x on weights without normalisation, ``y = w0.x``. The unit-variance weights of the
theory are ``w = unit_scale w0``, and its projections are centred, ``w.(x - mu)``: both are moved
into the parameters of the rule, so that no row is ever scaled or centred.
"""

import math
from dataclasses import dataclass

import numpy as np

from skrmt._kernels import n_words
from skrmt.theory import (
    PHASE_SCALE,
    KernelMoments,
    kernel_standard_error,
    phase_moments,
    phase_standard_error,
    solve_ternary,
)


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

    def n_columns(self, dtype):
        """Count the columns of the output.

        Parameters
        ----------
        dtype : {"packed", "int8"} or float dtype
            Form of the output.

        Returns
        -------
        n_columns : int
            Words of all bit planes if packed, else one for each feature.
        """
        n_components = len(self.first)
        return self.n_planes * n_words(n_components) if dtype == "packed" else n_components

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


@dataclass(frozen=True, eq=False)
class TernaryDesign:
    """A rule and what the theory says of it.

    Attributes
    ----------
    rule : TernaryRule
        For the projections of raw rows.
    family : {-1, 1}
        Levels -1, 0, 1 or 0, 1.
    scale : float
        Factor *a* of the levels.
    moments : KernelMoments
        Moments of the features.
    standard_error : float
        Predicted noise of an off-diagonal entry of the centred kernel.
    thresholds : tuple of two floats, or None
        *s-* and *s+*, for projections of centred rows with weights of variance 1.
    """

    rule: TernaryRule
    family: int
    scale: float
    moments: KernelMoments
    standard_error: float
    thresholds: tuple[float, float] | None = None


def threshold_design(target, projection, mean):
    """Levels ``[w.(x - mu) > s+] + c [w.(x - mu) < s-]`` with ``s = sqrt(tau) u``.

    Parameters
    ----------
    target : KernelMoments
        Moments of the target kernel, which the features take over.
    projection : BlockHadamardProjection or GaussianProjection
        Weights.
    mean : ndarray of shape (n_features,) and dtype float64
        Mean row, *mu*.

    Returns
    -------
    design : TernaryDesign
        Family c, thresholds and scale of :func:`skrmt.theory.solve_ternary`.
    """
    ternary = solve_ternary(target)
    deviation = math.sqrt(target.tau)
    lower, upper = deviation * ternary.lower, deviation * ternary.upper
    at_mean = projection.project(mean[np.newaxis])[0]
    unit = projection.unit_scale
    name = "odd" if ternary.family == -1 else "even"
    moments = ternary.moments(target.tau)
    return TernaryDesign(
        TernaryRule(name, lower / unit + at_mean, upper / unit + at_mean),
        ternary.family,
        ternary.scale,
        moments,
        kernel_standard_error(moments, projection.n_components),
        (lower, upper),
    )


def phase_design(gamma, tau, offset, projection, mean):
    """Levels of ``cos(2 pi v)``, ``v = sqrt(2 gamma) w.(x - mu) / (2 pi) + b``.

    Parameters
    ----------
    gamma : float
        Parameter of the kernel ``exp(-gamma d^2)``.
    tau : float
        Mean squared distance of a row to the mean.
    offset : ndarray of shape (n_components,)
        Offset b of each feature, uniform on [0, 1).
    projection : BlockHadamardProjection or GaussianProjection
        Weights.
    mean : ndarray of shape (n_features,) and dtype float64
        Mean row, *mu*.

    Returns
    -------
    design : TernaryDesign
        Level 1 within 1/6 of an integer, -1 beyond 1/3.
    """
    slope = math.sqrt(2 * gamma) / (2 * math.pi) * projection.unit_scale
    at_mean = projection.project(mean[np.newaxis])[0]
    return TernaryDesign(
        TernaryRule("phase", np.full(len(offset), slope), np.mod(offset - slope * at_mean, 1.0)),
        -1,
        PHASE_SCALE,
        phase_moments(tau, gamma),
        phase_standard_error(tau, gamma, projection.n_components),
    )
