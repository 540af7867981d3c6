# SPDX-License-Identifier: BSD-3-Clause
"""What each law of a sketch does to a ridge penalty.

Let S (p x m) be free of a positive semi-definite A, and let nu be the p eigenvalues of ``S S'``.
Then ``S (S'AS + lambda I)^-1 S'`` is equivalent to ``(A + mu I)^-1``. Both sides have the same
degrees of freedom, ``df = tr S'AS (S'AS + lambda I)^-1 = tr A (A + mu I)^-1``, and the S-transform
of ``S S'`` at ``-d``, ``d = df / p``, is the ratio of the two levels (Patil and LeJeune, 2024):

    ``lambda = mu d tau / (1 - d)``  with tau from  ``mean nu / (nu + tau) = d``.

A law holds this ratio ``lambda / mu`` as a function of df, its logarithmic slope, and mu as a
function of the spectrum of ``S'AS`` [the last two are ours].
"""

import math

import numpy as np

from skrmt.theory._spectrum import Spectrum, as_count


class _GaussianLaw:
    """Entries N(0, 1 / m): ``lambda / mu = 1 - df / m``.

    The rows of a data matrix do the same to the population: there, m is the number of samples.
    """

    mean = 1.0  # of the spectrum of S S', the largest ratio lambda / mu

    def __init__(self, n_components):
        self.rank = n_components

    def ratio(self, df, room):
        """Ratio ``lambda / mu``, given df and ``room = rank - df``."""
        return room / self.rank

    def stiffness(self, df, room):
        """Inverse of the slope ``-d log(lambda / mu) / d df``."""
        return room

    def level(self, harmonic, ridge):
        """Level mu from the harmonic mean of ``s + ridge`` over the spectrum s of S'AS."""
        return harmonic


class _OrthogonalLaw:
    """Columns of a Haar matrix of size p', times ``sqrt(p' / m)``.

    Here ``lambda / mu = (1 - df / m) / (1 - df / p')``.
    """

    mean = 1.0

    def __init__(self, n_components, n_ambient):
        self.rank = n_components
        self.n_ambient = n_ambient

    def ratio(self, df, room):
        """Ratio ``lambda / mu``, given df and ``room = rank - df``."""
        extra = self.n_ambient - self.rank
        if extra == 0:  # a square orthogonal matrix changes no level
            return 1.0
        return room / self.rank * self.n_ambient / (extra + room)

    def stiffness(self, df, room):
        """Inverse of the slope ``-d log(lambda / mu) / d df``."""
        extra = self.n_ambient - self.rank
        return math.inf if extra == 0 else room * (extra + room) / extra

    def level(self, harmonic, ridge):
        """Level mu from the harmonic mean of ``s + ridge`` over the spectrum s of S'AS."""
        # df = m - m ridge / harmonic, without the difference of nearly equal numbers at p' = m.
        extra = self.n_ambient - self.rank
        return (extra * harmonic + self.rank * ridge) / self.n_ambient


class _SpectrumLaw:
    """Any free sketch, by the eigenvalues of S S'."""

    def __init__(self, sketch_spectrum):
        sketch = Spectrum(sketch_spectrum, name="sketch_spectrum")
        # A sketch with few distinct eigenvalues (bucket counts) is cheap however large p is.
        self.values, counts = np.unique(sketch.values, return_counts=True)
        self.counts = counts.astype(float)
        self.rank = int(sketch.rank)
        self.n_features = sketch.kept.size
        if self.rank == 0:
            raise ValueError("sketch_spectrum has no positive value: the sketch is zero.")
        self.mean = sketch.trace / self.n_features

    def _tau(self, df, room):
        """Solve ``sum nu / (nu + tau) = df``; returns tau, inf at df = 0."""
        nu, counts = self.values, self.counts
        if room <= 0:
            return 0.0
        if df == 0:
            return math.inf
        # Both functions are concave and increasing: from below, Newton's steps never pass the
        # root. Each is taken where its target is not the difference of nearly equal numbers.
        if df < self.rank / 2:
            target, scale = df, nu  # in 1 / tau: sum nu w / (1 + nu w) = df
            x = max(target / (counts @ scale), target / (scale.max() * room))
        else:
            target, scale = room, 1 / nu  # in tau: sum tau / (nu + tau) = room
            x = max(target / (counts @ scale), target / (scale.max() * df))
        for _ in range(200):
            part = counts * scale / (1 + scale * x)
            step = (target - x * part.sum()) / (part / (1 + scale * x)).sum()
            x += step
            if step <= 4e-16 * x:
                break
        return 1 / x if df < self.rank / 2 else x

    def ratio(self, df, room):
        """Ratio ``lambda / mu``, given df and ``room = rank - df``."""
        tau = self._tau(df, room)
        if tau == 0:
            full = self.rank == self.n_features
            return self.rank / float((self.counts / self.values).sum()) if full else 0.0
        # d tau, without a product of 0 and inf: d tau = mean nu / (1 + nu / tau).
        d_tau = (self.counts * self.values / (1 + self.values / tau)).sum() / self.n_features
        return float(d_tau) * self.n_features / (self.n_features - self.rank + room)

    def stiffness(self, df, room):
        """Inverse of the slope ``-d log(lambda / mu) / d df``."""
        tau, p, nu = self._tau(df, room), self.n_features, self.values
        if tau == 0:
            return math.inf if self.rank == p else 0.0
        if df == 0:
            return math.inf  # nothing to sketch
        # Slope (1 / p) (1 / v - 1 / (d (1 - d))), with v = tau mean nu / (nu + tau)^2 at most
        # d (1 - d) by the variance of nu / (nu + tau), which vanishes for equal nu and no zeros.
        part = nu / (nu + tau)
        d = float(self.counts @ part) / p
        variance = (self.counts @ (part - d) ** 2 + (p - self.rank) * d**2) / p
        v = tau * float(self.counts @ (part / (nu + tau))) / p
        return p * v * d * (1 - d) / variance if variance > 1e-28 * d**2 else math.inf

    def level(self, harmonic, ridge):
        """Level mu from the harmonic mean of ``s + ridge`` over the spectrum s of S'AS."""
        # With u = lambda / tau the equation for tau reads: harmonic mean of nu u + lambda over
        # the positive nu = harmonic. Its left side is concave and increasing in u, and at most
        # the arithmetic mean and `rank` times the smallest term.
        nu, counts, p = self.values, self.counts, self.n_features
        if harmonic == 0:
            return 0.0
        unit, ridge = harmonic, ridge / harmonic  # squares must not overflow
        u = max((1 - ridge) * self.rank / (counts @ nu), (1 / self.rank - ridge) / nu[0])
        for _ in range(200):
            over = counts / (nu * u + ridge)
            mean = self.rank / over.sum()
            slope = mean**2 / self.rank * (over**2 * nu / counts).sum()
            step = (1 - mean) / slope
            u += step
            if step <= 4e-16 * u:
                break
        over = counts / (nu * u + ridge)
        return unit * float((p - self.rank + ridge * over.sum()) / (over @ nu))


SketchLaw = _GaussianLaw | _OrthogonalLaw | _SpectrumLaw


def sketch_law(
    sketch: str, n_components: int, n_ambient: int | None, sketch_spectrum: object
) -> SketchLaw:
    """Choose the law of a sketch by name, and check its numbers.

    Parameters
    ----------
    sketch : {"gaussian", "orthogonal", "spectrum"}
        Name of the law.
    n_components : int
        Number m of columns.
    n_ambient : int or None
        Size p' of the orthogonal transform; read by "orthogonal" only.
    sketch_spectrum : array-like of shape (n_features,) or None
        Eigenvalues of S S'; read by "spectrum" only.

    Returns
    -------
    law
        With `rank` (the largest df), `mean` and the methods of its class.

    Raises
    ------
    ValueError
        If the name is unknown, or a number that the law needs is missing or impossible.
    """
    n_components = as_count("n_components", n_components)
    if sketch == "gaussian":
        return _GaussianLaw(n_components)
    if sketch == "orthogonal":
        if n_ambient is None:
            raise ValueError("sketch='orthogonal' needs n_ambient, the size of the transform.")
        n_ambient = as_count("n_ambient", n_ambient)
        if n_ambient < n_components:
            raise ValueError(
                f"n_ambient={n_ambient} is below n_components={n_components}: a transform has no "
                "more orthogonal columns than its size."
            )
        return _OrthogonalLaw(n_components, n_ambient)
    if sketch == "spectrum":
        if sketch_spectrum is None:
            raise ValueError("sketch='spectrum' needs sketch_spectrum, the eigenvalues of S S'.")
        law = _SpectrumLaw(sketch_spectrum)
        if law.rank > n_components:
            raise ValueError(
                f"sketch_spectrum has {law.rank} positive values, more than "
                f"n_components={n_components}; set what is zero up to rounding to zero."
            )
        return law
    raise ValueError(
        f"sketch must be 'gaussian', 'orthogonal' or 'spectrum', got {sketch!r}. Without a sketch "
        "the implicit ridge is the ridge itself; for a sketch that is not free of the data, such "
        "as a choice of features, there is no formula."
    )
