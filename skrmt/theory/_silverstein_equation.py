# SPDX-License-Identifier: BSD-3-Clause
r"""Silverstein's equation of a discrete population spectrum, without a fixed point.

With m the Stieltjes transform of the companion ``XX' / n`` and ``w = -1 / m``, it is explicit in w
(J. W. Silverstein, S. Choi, "Analysis of the limiting spectral distribution of large dimensional
random matrices", J. Multivariate Anal. 54, 1995) ::

    z(w) = w + sum_k b_k w / (w - t_k),     b_k = gamma h_k t_k,     a_k = b_k t_k

for population eigenvalues t of weights h. Along ``w = u + i v`` in the upper half plane [ours]:
``Im z = v (1 - sum a / |w - t|^2)`` increases in v where it is not negative, and on the level
lines of Im z, Re z increases in u. So every solution is a root in a bracket: v for each u, and u
for Re z. The eigenvalues fill the u with ``sum a / (u - t)^2 > 1``, which is convex between two t:
its minimum says whether there is a gap. On the line of real z ::

    z = |w|^2 sum b / |w - t|^2,     |w|^2 = (2 u sum b / |w - t|^2 - 1 + sum gamma h)
                                             / sum gamma h / |w - t|^2

of which the first never cancels and the second does not near zero.
"""

import math

import numpy as np

from skrmt.theory._increasing_root import increasing_root

# A gap narrower than rounding is none.
_LEAST_GAP = 1e-12
# Entries of a block, points times eigenvalues, that stay in the cache.
_BLOCK = 1 << 17
_ROUNDING = 4 * np.finfo(float).eps
_MOST_STEPS = 200


class SilversteinEquation:
    """The equation for positive eigenvalues, ascending and different.

    Parameters
    ----------
    t, h : ndarray of float64, shape (m,)
        Eigenvalues and their weights.
    gamma : float
        Features per sample.

    Attributes
    ----------
    t, a, b : ndarray of float64, shape (m,)
        Poles of z and their factors.
    shift : float
        ``sum b``.
    h : ndarray of float64, shape (m,)
        ``gamma h``.
    excess : float
        ``1 - sum gamma h``; where it is zero, the spectrum begins at zero.
    radius : float
        ``sqrt(sum a)``: w is never further from ``z - shift``.
    """

    def __init__(self, t, h, gamma):
        self.t, self.b = t, gamma * h * t
        self.a = self.b * t
        self.shift = float(self.b.sum())
        self.h = gamma * h
        excess = 1 - float(self.h.sum())
        self.excess = 0.0 if abs(excess) < 1e-15 else excess
        self.radius = math.sqrt(float(self.a.sum()))

    def blocks(self, n):
        """Split points so that their differences from the eigenvalues fit in the cache.

        Parameters
        ----------
        n : int
            Number of points.

        Yields
        ------
        slice
            The next points.
        """
        size = max(1, _BLOCK // self.t.size)
        for begin in range(0, n, size):
            yield slice(begin, begin + size)

    def sums(self, u, s):
        """Sums over the eigenvalues at ``w = u + i sqrt(s)``.

        Parameters
        ----------
        u, s : ndarray of float64, shape (n,)
            Real part and square of the imaginary part.

        Returns
        -------
        tuple of ndarray of float64, shape (n,)
            Sums of ``b / r``, ``b (u - t) / r``, ``a / r``, ``a / r^2`` and ``a (u - t) / r^2``,
            with ``r = |w - t|^2``.
        """
        d = u[:, None] - self.t
        over = 1 / (d * d + s[:, None])
        terms = over * self.b
        linear = terms.sum(axis=1), np.einsum("ij,ij->i", terms, d), terms @ self.t
        terms *= over
        second = terms @ self.t
        terms *= d
        return *linear, second, terms @ self.t

    def _first_sums(self, u, s):
        over = 1 / ((u[:, None] - self.t) ** 2 + s[:, None])
        terms = over * self.a
        return terms.sum(axis=1), np.einsum("ij,ij->i", terms, over)

    def height(self, u, s):
        """Squared imaginary part of the w with real z and a given real part.

        ``1 / sum a / (d^2 + s)`` is a harmonic mean, concave in s, so that Newton's steps for 1
        come from below from the second on.

        Parameters
        ----------
        u : ndarray of float64, shape (n,)
            Real parts.
        s : ndarray of float64, shape (n,)
            Where to begin, anywhere.

        Returns
        -------
        ndarray of float64, shape (n,)
            The squares; zero outside the spectrum.
        """
        least = np.empty_like(u)
        for block in self.blocks(u.size):
            d = u[block, None] - self.t
            least[block] = (self.a - d * d).max(axis=1)
        least = np.maximum(least, 0.0)  # each term is at most 1
        s = np.maximum(s, least)
        active = np.arange(u.size)
        for _ in range(_MOST_STEPS):
            if not active.size:
                break
            new = np.empty(active.size)
            for block in self.blocks(active.size):
                here = s[active[block]]
                with np.errstate(divide="ignore", invalid="ignore"):
                    first, second = self._first_sums(u[active[block]], here)
                    new[block] = here + first * (first - 1) / second
            new = np.maximum(new, least[active])
            old = s[active]
            s[active] = new
            active = active[np.abs(new - old) > _ROUNDING * np.maximum(new, 1e-300)]
        near = np.flatnonzero(u * u + s < 1e-4 * self.t[0] ** 2)
        for block in self.blocks(near.size):
            some = near[block]
            over = 1 / ((u[some, None] - self.t) ** 2 + s[some, None])
            square = (2 * u[some] * (over @ self.b) - self.excess) / (over @ self.h)
            s[some] = np.maximum(square - u[some] ** 2, 0.0)
        return s

    def spectrum(self):
        """Intervals of u that the eigenvalues fill.

        Returns
        -------
        ndarray of float64, shape (k, 2)
            Their ends, ascending.
        """
        lows, highs = self._gaps()
        outer = [self._beyond(-1), self._beyond(1)]
        return np.column_stack([np.r_[outer[0], highs], np.r_[lows, outer[1]]])

    def _beyond(self, side):
        """End of the spectrum beyond all eigenvalues, to the left or to the right."""
        end = self.t[-1] if side > 0 else self.t[0]
        distances = np.abs(self.t - end)
        y = math.sqrt(self.a[0 if side < 0 else -1])
        for _ in range(_MOST_STEPS):
            over = 1 / (distances + y)
            total = float(self.a @ over**2)
            # Its power -1/2, a power mean, is concave in y: from the second on, from below.
            step = total * (math.sqrt(total) - 1) / float(self.a @ over**3)
            y += step
            if abs(step) <= _ROUNDING * y:
                break
        return end + side * y

    def _gaps(self):
        """Both ends in u of every gap between eigenvalues, none that is narrower than rounding."""
        t, cubes = self.t, np.cbrt(self.a)
        left, right = t[:-1], t[1:]
        # Without the others, the least sum between two neighbours is this.
        some = np.flatnonzero((cubes[:-1] + cubes[1:]) ** 3 < (right - left) ** 2)
        left, right = left[some], right[some]
        share = cubes[some] / (cubes[some] + cubes[some + 1])
        middle = increasing_root(
            lambda u, _: self._in_blocks(u, 3),
            np.zeros(some.size),
            left,
            right,
            left + (right - left) * share,
        )
        kept = self._in_blocks(middle, 2)[0] < 1 - _LEAST_GAP
        some, middle, left, right = some[kept], middle[kept], left[kept], right[kept]
        lows = increasing_root(
            lambda u, _: self._negative(u),
            np.full(some.size, -1.0),
            left,
            middle,
            np.minimum(left + np.sqrt(self.a[some]), middle),
        )
        highs = increasing_root(
            lambda u, _: self._in_blocks(u, 2),
            np.ones(some.size),
            middle,
            right,
            np.maximum(right - np.sqrt(self.a[some + 1]), middle),
        )
        return lows, highs

    def _negative(self, u):
        values, slopes = self._in_blocks(u, 2)
        return -values, -slopes

    def _in_blocks(self, u, power):
        """Sums of ``a / (t - u)^power``, and their derivatives."""
        values, slopes = np.empty_like(u), np.empty_like(u)
        with np.errstate(divide="ignore", invalid="ignore"):
            for block in self.blocks(u.size):
                over = 1 / (self.t - u[block, None])
                terms = over**power
                values[block] = terms @ self.a
                slopes[block] = power * (terms * over) @ self.a
        return values, slopes

    def z_of_real(self, u):
        """Real z at real w, outside the spectrum or at its edges.

        Parameters
        ----------
        u : ndarray of float64, shape (n,)
            The w.

        Returns
        -------
        z, slope : ndarray of float64, shape (n,)
            The values and their derivatives.
        """
        values, slopes = np.empty_like(u), np.empty_like(u)
        for block in self.blocks(u.size):
            over = 1 / (u[block, None] - self.t)
            values[block] = u[block] * (1 + over @ self.b)
            slopes[block] = 1 - over**2 @ self.a
        return values, slopes

    def above(self, z):
        """Solve for w at a z of the upper half plane.

        Parameters
        ----------
        z : ndarray of complex128, shape (n,)
            Points with positive imaginary part.

        Returns
        -------
        ndarray of complex128, shape (n,)
            The w, with positive imaginary part.
        """
        centre, y = z.real - self.shift, z.imag.copy()
        heights = y.copy()

        def height(u, which):
            def imaginary(v, some):
                _, _, first, second, _ = self.sums(u[some], v * v)
                return v * (1 - first), 1 - first + 2 * v * v * second

            low = y[which]
            heights[which] = increasing_root(
                imaginary, low, low, low + self.radius, np.maximum(heights[which], low)
            )
            return heights[which]

        def real_part(u, which):
            v = height(u, which)
            direct, crossed, first, second, third = self.sums(u, v * v)
            re = 1 - first + 2 * v * v * second
            im = 2 * v * third
            return u * (1 + crossed) + v * v * direct, (re * re + im * im) / re

        u = increasing_root(real_part, z.real, centre - self.radius, centre + self.radius, centre)
        return u + 1j * height(u, np.arange(u.size))
