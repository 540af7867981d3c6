# SPDX-License-Identifier: BSD-3-Clause
"""Gaussian moments of any function, by quadrature.

With ``z ~ N(0, tau)``: ``m1 = E[z s(z)] / tau``, ``m2 = E[(z^2 - tau) s(z)] / tau^2`` and
``V = Var s(z)``. Smooth functions by Gauss-Hermite rules; functions with kinks or jumps, on which
those converge slowly, by Gauss-Legendre rules on panels between the kinks.
"""

import math
import warnings
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from scipy.special import roots_hermitenorm

from skrmt.theory._parameter_checks import callable_name

# Two quadrature rules, one with twice the nodes of the other, have to agree this well.
_QUADRATURE_TOLERANCE = 1e-4
_HERMITE_NODES = (100, 200)
_PANEL_NODES = (20, 40)
# Panels cover |z| <= 26 standard deviations, about the reach of the 200 Hermite nodes.
_PANEL_EDGES = np.arange(-26.0, 27.0, 2.0)


@cache
def _hermite_rule(n_nodes):
    """Nodes in units of sqrt(tau) and weights of the standard Gaussian measure."""
    nodes, weights = roots_hermitenorm(n_nodes)
    return nodes, weights / weights.sum()


@cache
def _legendre_rule(n_nodes):
    return np.polynomial.legendre.leggauss(n_nodes)


def _panel_rule(cuts, n_nodes):
    """Gauss-Legendre on each panel between the cuts, times the Gaussian density."""
    edges = np.union1d(_PANEL_EDGES, [c for c in cuts if abs(c) < _PANEL_EDGES[-1]])
    centre, half = (edges[1:] + edges[:-1])[:, None] / 2, np.diff(edges)[:, None] / 2
    x, w = _legendre_rule(n_nodes)
    nodes = centre + half * x
    weights = half * w * np.exp(-(nodes**2) / 2)
    return nodes.ravel(), (weights / weights.sum()).ravel()


def gaussian_rules(cuts: Sequence[float]) -> list:
    """Choose two rules for expectations under the standard Gaussian law.

    Parameters
    ----------
    cuts : sequence of float
        Where to split the integral; empty for Gauss-Hermite quadrature.

    Returns
    -------
    list of tuple
        Nodes and weights, of the coarser rule and of one twice as fine.
    """
    if len(cuts):
        return [_panel_rule(cuts, n_nodes) for n_nodes in _PANEL_NODES]
    return [_hermite_rule(n_nodes) for n_nodes in _HERMITE_NODES]


def _moments_by_rule(function, tau, nodes, weights, subject):
    z = math.sqrt(tau) * nodes
    try:
        values = np.asarray(function(z))
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"The {subject} {callable_name(function)} must take one array and act elementwise on "
            "it (np.maximum, not max; np.exp, not math.exp)."
        ) from error
    if values.shape != z.shape or values.dtype.kind not in "bfiu":
        raise ValueError(
            f"The {subject} must map an array to a real array of the same shape; got shape "
            f"{values.shape} and dtype {values.dtype} for input of shape {z.shape}."
        )
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError(
            f"The {subject} is not finite at z={z[~np.isfinite(values)][0]:.6g}; it must be "
            f"finite wherever N(0, tau={tau:.6g}) has mass."
        )
    with np.errstate(over="ignore", invalid="ignore"):
        second_moment = weights @ values**2
        values -= weights @ values
        variance = weights @ values**2
    # Rounding leaves about eps^2 of a constant; a variance of that size carries no moments.
    if variance <= 1e-28 * second_moment or not math.isfinite(second_moment):
        raise ValueError(
            f"The {subject} has variance {variance:.3g} under N(0, tau={tau:.6g}); it must be "
            "finite and not constant there."
        )
    linear = weights @ (nodes * values)
    quadratic = weights @ ((nodes**2 - 1) * values)
    return linear / math.sqrt(tau), quadratic / tau, variance


def moments_by_quadrature(
    function: Callable, tau: float, breakpoints: Sequence[float], subject: str = "activation"
) -> tuple:
    """Integrate by two rules, one twice as fine, and warn when they disagree.

    Parameters
    ----------
    function : callable
        The activation, elementwise on arrays.
    tau : float
        Variance of its argument.
    breakpoints : sequence of float
        Where to split the integral; empty for Gauss-Hermite quadrature.
    subject : str, default="activation"
        What the function is, for the messages.

    Returns
    -------
    tuple of float
        ``(m1, m2, V)`` by the finer rule.
    """
    cuts = np.asarray(breakpoints) / math.sqrt(tau)
    coarse, fine = (
        _moments_by_rule(function, tau, *rule, subject) for rule in gaussian_rules(cuts)
    )
    # Errors of the parts m1 sqrt(tau), m2 tau and V relative to the size of the activation.
    deviation = math.sqrt(fine[2])
    error = max(
        abs(fine[0] - coarse[0]) * math.sqrt(tau) / deviation,
        abs(fine[1] - coarse[1]) * tau / deviation,
        abs(fine[2] - coarse[2]) / fine[2],
    )
    if error > _QUADRATURE_TOLERANCE:
        warnings.warn(
            f"The Gaussian moments of the {subject} at tau={tau:.6g} are uncertain: two "
            f"quadrature rules differ by {error:.1e} (relative). If the function has kinks, jumps "
            "or steep parts, list their positions in breakpoints, as in breakpoints=(0.0,).",
            UserWarning,
            stacklevel=4,
        )
    return fine
