# SPDX-License-Identifier: BSD-3-Clause
"""How sparse a kernel matrix may be for a given loss of accuracy [ours].

The alignment of the leading eigenvector with the labels is linear in kappa::

    alpha(kappa) = alpha(1) - (kappa - 1) c rho / (1 + rho)^3

(from the alignment of Z. Liao, R. Couillet, M. W. Mahoney, "Sparse Quantized Spectral Clustering",
ICLR 2021, arXiv:2010.01376). An error of ``e = Q(q)``, Q the Gaussian tail, is an alignment of
``q^2 / (1 + q^2)``; so the loss that is allowed gives kappa, and the kappa of the ternary map at
the threshold ``T = sqrt(2) s``, ``kappa = (pi / 2) exp(2 s^2) erfc(s)``, gives the density
``erfc(s)``.
"""

import math

from scipy.optimize import brentq
from scipy.special import erfcx, ndtri

from skrmt.theory._entrywise_maps import OddQuantizer
from skrmt.theory._inner_kernel_spikes import misclassification_rate, spike_alignment
from skrmt.theory._parameter_checks import as_number, require_positive


def kappa_for_tolerance(snr: float, c: float, tolerance: float) -> float:
    """Largest kappa with an error at most `tolerance` above that of the linear kernel.

    Parameters
    ----------
    snr : float
        Signal-to-noise ratio rho, above ``sqrt(c)``.
    c : float
        Features per sample, ``p / n``, positive.
    tolerance : float
        Error that may be added, not negative; together with the error of the linear kernel it has
        to stay below 0.5.

    Returns
    -------
    float
        Largest kappa, at least 1.

    Raises
    ------
    ValueError
        If a parameter is out of range, the signal is too weak for any kernel, or the tolerance
        admits an error of 0.5.

    Examples
    --------
    >>> from skrmt.theory import kappa_for_tolerance
    >>> round(kappa_for_tolerance(3.0, 0.5, 0.01), 3)
    1.941
    """
    snr, c = require_positive("snr", snr), require_positive("c", c)
    allowed = as_number(tolerance)
    if not 0 <= allowed < math.inf:
        raise ValueError(f"tolerance must be a finite number, not negative, got {tolerance!r}.")
    if snr * snr <= c:
        raise ValueError(
            f"snr={snr!r} is not above sqrt(c) = {math.sqrt(c):.6g}: even the linear kernel sees "
            "no classes, so there is no accuracy to lose. Take more samples (a smaller c) or a "
            "stronger signal."
        )
    least = misclassification_rate(snr, c)
    if least + allowed >= 0.5:
        raise ValueError(
            f"tolerance={tolerance!r} above the error {least:.4g} of the linear kernel admits 0.5, "
            f"the error of guessing; take it below {0.5 - least:.4g}."
        )
    if allowed == 0:
        return 1.0
    square = float(ndtri(least + allowed)) ** 2
    loss = spike_alignment(snr, c) - square / (1 + square)
    return 1 + max(0.0, loss) * (1 + snr) ** 3 / (c * snr)


def density_for_tolerance(snr: float, c: float, tolerance: float) -> float:
    """Least density of a ternary kernel matrix for a given loss of accuracy.

    Parameters
    ----------
    snr : float
        Signal-to-noise ratio rho, above ``sqrt(c)``.
    c : float
        Features per sample, ``p / n``, positive.
    tolerance : float
        Error that may be added to that of the linear kernel, not negative.

    Returns
    -------
    float
        Share of the entries to keep, at most 0.5405. Denser ternary matrices are worse; where even
        this one misses the tolerance (:func:`kappa_for_tolerance` below 1.2348), it is returned as
        the best there is, and more levels (:meth:`OddQuantizer.lloyd_max`) serve better.

    Raises
    ------
    ValueError
        If a parameter is out of range, the signal is too weak for any kernel, or the tolerance
        admits an error of 0.5.

    See Also
    --------
    kappa_for_tolerance : The kappa that is allowed.

    Examples
    --------
    >>> from skrmt.theory import density_for_tolerance
    >>> round(density_for_tolerance(3.0, 0.5, 0.01), 3)
    0.14
    """
    kappa = kappa_for_tolerance(snr, c, tolerance)
    best = OddQuantizer.ternary()
    if kappa <= best.kappa:
        return best.density

    def excess(s):
        return math.log(math.pi / 2 * float(erfcx(s))) + s * s - math.log(kappa)

    low = best.thresholds[0] / math.sqrt(2)
    # erfcx(s) is above 1 / (2 s + 1), so this is far enough.
    high = 2 + math.sqrt(2 * math.log(kappa) + 4)
    return math.erfc(brentq(excess, low, high, xtol=1e-14))
