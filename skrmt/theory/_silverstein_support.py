# SPDX-License-Identifier: BSD-3-Clause
"""The intervals that the eigenvalues of a sample covariance fill, and the points inside of them."""

import math

import numpy as np
from scipy.special import betaincinv

from skrmt.theory._increasing_root import increasing_root
from skrmt.theory._silverstein_equation import SilversteinEquation

# Below this share of the largest eigenvalue, powers underflow: such an eigenvalue is a zero.
_SMALLEST = 1e-60


class SilversteinSupport:
    """The equation in units of the largest eigenvalue, with the intervals of its spectrum.

    Parameters
    ----------
    eigenvalues, weights : ndarray of float64, shape (m,)
        The population spectrum, its weights of sum 1.
    gamma : float
        Features per sample.
    """

    def __init__(self, eigenvalues, weights, gamma):
        self.gamma, self.unit = gamma, float(eigenvalues.max())
        scaled = eigenvalues / self.unit
        present = (scaled > _SMALLEST) & (weights > 0)
        t, where = np.unique(scaled[present], return_inverse=True)
        h = np.bincount(where, weights[present])
        self.h, self.equation = h, SilversteinEquation(t, h, gamma)
        self.zero = float(weights[~present].sum())
        positive = float(h.sum())
        self.excess = self.equation.excess
        self.u = self.equation.spectrum()
        if not self.excess:
            self.u[0, 0] = 0.0
        self.share = min(positive, 1 / gamma)
        self.atom = 1 - self.share if self.excess < 0 else self.zero
        # Eigenvalues of the law above the ends of each interval, and up to them.
        first = np.searchsorted(t, self.u[1:, 0])
        above = np.append(np.cumsum(h[::-1])[::-1], 0.0)[first]
        below = 1 - above if self.excess < 0 else self.zero + np.cumsum(h)[first - 1]
        self.survivors = np.column_stack([np.r_[self.share, above], np.r_[above, 0.0]])
        self.levels = np.column_stack([np.r_[self.atom, below], np.r_[below, 1.0]])
        x = self.point(self.u.ravel(), np.zeros(self.u.size))
        self.x = np.maximum.accumulate(x).reshape(-1, 2)

    def point(self, u, s):
        """Point of the spectrum of a w.

        Parameters
        ----------
        u, s : ndarray of float64, shape (n,)
            Real part and squared imaginary part of w.

        Returns
        -------
        ndarray of float64, shape (n,)
            The point.
        """
        x = np.empty_like(u)
        for block in self.equation.blocks(u.size):
            d = u[block, None] - self.equation.t
            x[block] = (1 / (d * d + s[block, None])) @ self.equation.b
        return x * (u * u + s)

    def solve(self, target, interval, fractions, evaluate):
        """Find the points of the spectrum where an increasing function takes given values.

        Parameters
        ----------
        target : ndarray of float64, shape (n,)
            The values.
        interval : ndarray of int, shape (n,)
            Where the points are.
        fractions : ndarray of float64, shape (n,)
            Where to begin, in the interval.
        evaluate : callable
            Value and slope at u, from u, the squared height, x and its derivative there.

        Returns
        -------
        u, s : ndarray of float64, shape (n,)
            Real part and squared imaginary part of w.
        """
        low, high = self.u[interval].T
        heights = np.zeros_like(target)

        def at(u, which):
            heights[which] = s = self.equation.height(u, heights[which])
            value, slope = np.empty_like(u), np.empty_like(u)
            for block in self.equation.blocks(u.size):
                first, _, _, second, third = self.equation.sums(u[block], s[block])
                speed = 2 * s[block] * second + 2 * third**2 / second
                x = first * (u[block] ** 2 + s[block])
                value[block], slope[block] = evaluate(u[block], s[block], x, speed)
            return value, slope

        u = increasing_root(at, target, low, high, low + (high - low) * fractions)
        return u, self.equation.height(u, heights)

    def at_point(self, x, interval):
        """Solve for the w of points inside the support.

        Parameters
        ----------
        x : ndarray of float64, shape (n,)
            The points.
        interval : ndarray of int, shape (n,)
            Where they are.

        Returns
        -------
        u, s : ndarray of float64, shape (n,)
            Real part and squared imaginary part of w.
        """
        low, high = self.x[interval].T
        return self.solve(x, interval, (x - low) / (high - low), lambda u, s, x, speed: (x, speed))

    def at_survivors(self, above, interval):
        """Solve for the points inside the support with a given mass above them.

        Parameters
        ----------
        above : ndarray of float64, shape (n,)
            The masses.
        interval : ndarray of int, shape (n,)
            Where the points are.

        Returns
        -------
        ndarray of float64, shape (n,)
            The points.
        """
        most, least = self.survivors[interval].T
        share = np.clip((most - above) / (most - least), 0.0, 1.0)

        def evaluate(u, s, x, speed):
            return -self.mass_above(u, s), self.density(u, s) * speed

        u, s = self.solve(-above, interval, betaincinv(1.5, 1.5, share), evaluate)
        return np.clip(self.point(u, s), *self.x[interval].T)

    def mass_upto(self, above):
        """Mass up to points, from the mass above them.

        Parameters
        ----------
        above : ndarray of float64, shape (n,)
            The mass above.

        Returns
        -------
        ndarray of float64, shape (n,)
            The rest of 1, from the end that keeps its value there.
        """
        low = self.atom + np.maximum(self.share - above, 0.0)
        return np.where(above < self.share / 2, 1 - above, low)

    def density(self, u, s):
        """Density of the law at w.

        Parameters
        ----------
        u, s : ndarray of float64, shape (n,)
            Real part and squared imaginary part of w.

        Returns
        -------
        ndarray of float64, shape (n,)
            The density.
        """
        return np.sqrt(s) / (math.pi * self.gamma * np.maximum(u * u + s, 1e-300))

    def mass_above(self, u, s):
        """Mass of the law above the point of w.

        Parameters
        ----------
        u, s : ndarray of float64, shape (n,)
            Real part and squared imaginary part of w.

        Returns
        -------
        ndarray of float64, shape (n,)
            The mass.
        """
        result, v = np.empty_like(u), np.sqrt(s)
        t = self.equation.t
        for block in self.equation.blocks(u.size):
            d, high = u[block, None] - t, v[block, None]
            terms = np.arctan2(high, d) - t * high / (d * d + s[block, None])
            result[block] = terms @ self.h
        return (self.excess * np.arctan2(v, u) / self.gamma + result) / math.pi
