# SPDX-License-Identifier: BSD-3-Clause
"""Draws from a finite law by one look-up each (alias method).

A law on n slots is laid out so that each slot holds at most two outcomes, its own one and that of
one partner (A. J. Walker, "An efficient method for generating discrete random variables with
general distributions", ACM Transactions on Mathematical Software 1977). One 64-bit integer then
gives the slot, by its leading bits, and the choice between the two, by the others.

Slots lighter than the mean are filled up by heavier ones, in order. With the cumulated deficits
D_i of the light and the cumulated surpluses E_j of the heavy ones, light slot i is filled by the
first j with ``E_j > D_(i-1)``, and heavy slot j, when it falls below the mean, by j + 1. Both are
binary searches, so that the table takes no loop (ours).
"""

import numpy as np


class AliasTable:
    """Table of a law for draws in constant time.

    Parameters
    ----------
    weights : ndarray of float64, shape (n_outcomes,)
        Weights of the outcomes, not negative, with a positive sum; at least two.
    """

    def __init__(self, weights):
        self._shift = 64 - max(1, int(weights.size - 1).bit_length())
        n = 1 << (64 - self._shift)
        mass = np.zeros(n)
        mass[: weights.size] = weights * (n / weights.sum())
        share, self._partner = _fill(mass)
        # A slot that fills itself is its own partner, so that its bound, one short, does not count.
        part = 1 << self._shift
        own = np.minimum(share * part, np.nextafter(part, 0)).astype(np.uint64)
        self._bounds = own + np.arange(n, dtype=np.uint64) * np.uint64(part)

    def outcomes(self, values):
        """Lay out the values of the outcomes for `draw`.

        Parameters
        ----------
        values : ndarray of shape (n_outcomes,)
            What each outcome stands for.

        Returns
        -------
        ndarray of shape (2 * n_slots,)
            Own value and partner's value of each slot.
        """
        padded = np.zeros(self._partner.size, values.dtype)
        padded[: values.size] = values
        return np.stack([padded, padded[self._partner]], axis=1).ravel()

    def draw(self, outcomes, size, rng):
        """Draw outcomes.

        Parameters
        ----------
        outcomes : ndarray of shape (2 * n_slots,)
            From `outcomes`.
        size : int
            Number of draws.
        rng : numpy.random.Generator
            Source of random bits.

        Returns
        -------
        ndarray of shape (size,)
            The values, of the type of `outcomes`.
        """
        bits = rng.integers(0, 2**64 - 1, size=size, dtype=np.uint64, endpoint=True)
        # Fewer than 2^63 slots: the view is not negative and saves a conversion in `take`.
        slot = (bits >> np.uint64(self._shift)).view(np.int64)
        partner = bits >= self._bounds.take(slot)
        slot <<= 1
        slot += partner
        return outcomes.take(slot)


def _fill(mass):
    """Find what each slot keeps, and its partner, for masses of mean 1."""
    is_heavy = mass >= 1
    # Rounding can leave equal weights all a little lighter than their mean.
    is_heavy[mass.argmax()] = True
    light, heavy = np.flatnonzero(~is_heavy), np.flatnonzero(is_heavy)
    deficit = np.concatenate([[0.0], np.cumsum(1 - mass[light])])
    surplus = np.cumsum(mass[heavy] - 1)
    share, partner = mass.copy(), np.arange(mass.size)
    server = np.searchsorted(surplus, deficit[:-1], side="right")
    partner[light] = heavy[np.minimum(server, heavy.size - 1)]
    # Rounding may leave the last of them without an end: they keep their slot.
    spent = np.minimum(np.searchsorted(deficit, surplus), deficit.size - 1)
    share[heavy] = np.clip(1 + surplus - deficit[spent], 0, 1)
    share[heavy[-1]] = 1
    partner[heavy[:-1]] = np.where(share[heavy[:-1]] < 1, heavy[1:], heavy[:-1])
    return share, partner
