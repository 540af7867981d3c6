# SPDX-License-Identifier: BSD-3-Clause
"""Target kernels: from a kernel function to the moments of the activation it is equivalent to.

Off the diagonal all squared distances are close to 2 tau and all inner products close to zero, so a
kernel acts through its Taylor expansion there; comparing with the expansion of a random-feature
kernel gives (both rows go beyond the paper)::

    radial f(d^2):          m1 = sqrt(-2 f'(2 tau)),  m2 = 2 sqrt(f''(2 tau)),  V = f(0) - f(2 tau)
    inner product f(x.y):   m1 = sqrt(f'(0)),         m2 = sqrt(f''(0)),        V = f(tau) - f(0)

The second row supposes rows of squared norm close to tau (normalised data).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from scipy.differentiate import derivative, hessian

from skrmt.theory._activation_moments import activation_moments
from skrmt.theory._gaussian_moments import KernelMoments
from skrmt.theory._parameter_checks import callable_name, require_positive

# A derivative is accepted with an estimated error below this part of its value (a third of what is
# promised: estimates are no bounds), and taken for zero below this part of its natural scale (range
# of the kernel over a power of tau).
_RELATIVE_ERROR = 3e-6
_ZERO = 1e-10


class _FunctionTarget:
    """Shows functions by name, and only what differs from the defaults."""

    def __repr__(self):
        shown = [callable_name(self.function)]
        for field in fields(self)[1:]:
            value = getattr(self, field.name)
            if value is not None and value != field.default:
                shown.append(f"{field.name}={callable_name(value)}")
        return f"{type(self).__name__}({', '.join(shown)})"

    def _check_functions(self, optional=()):
        for name in ("function", *optional):
            value = getattr(self, name)
            if value is None and name in optional:
                continue
            if isinstance(value, type) or not callable(value):
                kind = "callable or None" if name in optional else "callable"
                shown = f"the class {value!r}" if isinstance(value, type) else type(value).__name__
                if isinstance(value, str | int | float | None):
                    shown = repr(value)
                raise TypeError(f"{name} of {type(self).__name__} must be {kind}, got {shown}.")


def _evaluate(target, function, at):
    try:
        values = np.asarray(function(np.array([at, at], dtype=np.float64)))
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{callable_name(function)} of {target!r} must take one array and act elementwise on "
            "it (np.exp, not math.exp; np.maximum, not max)."
        ) from error
    real = values.shape == (2,) and values.dtype.kind in "biuf"
    if not (real and np.isfinite(values).all()):
        found = values.tolist() if real else f"shape {values.shape} and dtype {values.dtype}"
        raise ValueError(
            f"{callable_name(function)} of {target!r} must map an array to finite real numbers, "
            f"elementwise; for two copies of {at:.6g} it returned {found}."
        )
    return float(values[0])


def _first_derivative(function, at, step, scale):
    # Rounding sets a floor under the accuracy: asking for more shrinks the step for nothing, and an
    # estimate of the error from values that hardly differ may be far below it.
    floor = 10 * np.finfo(float).eps * abs(float(function(np.array([at]))[0])) / step
    tolerances = {"rtol": 1e-12, "atol": max(1e-14 * scale, floor)}
    result = derivative(function, at, initial_step=step, tolerances=tolerances)
    return float(result.df), max(float(result.error), floor)


def _second_derivative(function, at, step, scale):
    floor = 100 * np.finfo(float).eps * abs(float(function(np.array([at]))[0])) / step**2
    tolerances = {"rtol": 1e-10, "atol": max(1e-13 * scale, floor)}
    result = hessian(lambda x: function(x[0]), [at], initial_step=step, tolerances=tolerances)
    return float(result.ddf[0, 0]), max(float(result.error[0, 0]), 3 * floor)


def _derivatives(target, at, step, rise):
    """Return f' and f'' at a point, given or numerically from the interval ``at +- 2 step``.

    `rise` is the variation of f over a distance of about `step`; it sets the scale on which a
    derivative counts as zero.
    """
    function, first, second = target.function, target.first_derivative, target.second_derivative
    scales = rise / step, rise / step**2
    if first is None:
        slope = _first_derivative(function, at, step, scales[0])
    else:
        slope = _evaluate(target, first, at), 0.0
    if second is not None:
        curvature = _evaluate(target, second, at), 0.0
    elif first is not None:
        curvature = _first_derivative(first, at, step, scales[1])
    else:
        curvature = _second_derivative(function, at, step, scales[1])
    found = []
    for order, (value, error), scale in zip(
        ("first", "second"), (slope, curvature), scales, strict=True
    ):
        if not error <= max(_RELATIVE_ERROR * abs(value), _ZERO * scale):
            raise ValueError(
                f"The {order} derivative of {target!r} at {at:.6g} could not be computed "
                f"numerically (value {value:.6g}, estimated error {error:.1e}); pass "
                f"{order}_derivative=."
            )
        found.append(0.0 if abs(value) <= _ZERO * scale and error > 0 else value)
    return found


def _require_nonnegative(target, tau, **derivatives):
    for name, value in derivatives.items():
        if value < 0:
            raise ValueError(
                f"{target!r} is not a positive definite kernel at tau={tau:.6g}: {name} must not "
                f"be negative, got {value:.6g}."
            )


@dataclass(frozen=True, repr=False)
class RadialKernel(_FunctionTarget):
    """Target kernel ``k(x, y) = f(||x - y||^2)``.

    Parameters
    ----------
    function : callable
        ``f``, elementwise on arrays of squared distances. A module-level function makes the object
        picklable.
    first_derivative, second_derivative : callable, default=None
        ``f'`` and ``f''``; None computes them numerically around ``2 tau``, from values of f
        between 0 and ``4 tau``, to a relative error of 1e-5 or less; where
        rounding forbids that, because f hardly varies there, an error is raised. Below 1e-10 of its
        natural scale (variation of f over a power of tau), a derivative counts as zero.

    Raises
    ------
    TypeError
        If a function is not callable.

    See Also
    --------
    InnerProductKernel : Kernels ``f(x.y)``.
    Activation : Random-feature kernels ``E_w[sigma(w.x) sigma(w.y)]``.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.theory import RadialKernel, kernel_moments
    >>> def cauchy(squared_distance):
    ...     return 1 / (1 + squared_distance)
    >>> RadialKernel(cauchy)
    RadialKernel(cauchy)
    >>> round(kernel_moments(RadialKernel(cauchy), tau=1.0).d1, 12)
    0.222222222222
    """

    function: Callable
    first_derivative: Callable | None = None
    second_derivative: Callable | None = None

    def __post_init__(self):
        self._check_functions(("first_derivative", "second_derivative"))

    def moments(self, tau: float) -> KernelMoments:
        """Compute the moments of the equivalent activation.

        Parameters
        ----------
        tau : float
            Mean squared norm of the centred samples, positive.

        Returns
        -------
        KernelMoments
            ``m1 = sqrt(-2 f')``, ``m2 = 2 sqrt(f'')`` at ``2 tau`` and ``V = f(0) - f(2 tau)``.

        Raises
        ------
        ValueError
            If f is not finite, a derivative cannot be computed, or the signs of the derivatives or
            Bessel's inequality show that the kernel is not positive definite.
        """
        tau = require_positive("tau", tau)
        drop = _evaluate(self, self.function, 0.0) - _evaluate(self, self.function, 2 * tau)
        # The Hessian's stencil is nested, twice its step wide: 0.9 tau keeps it inside d^2 > 0.
        slope, curvature = _derivatives(self, 2 * tau, 0.9 * tau, abs(drop))
        _require_nonnegative(self, tau, **{"-f'(2 tau)": -slope, "f''(2 tau)": curvature})
        return KernelMoments(tau, math.sqrt(2 * abs(slope)), 2 * math.sqrt(curvature), drop)


@dataclass(frozen=True, repr=False)
class InnerProductKernel(_FunctionTarget):
    """Target kernel ``k(x, y) = f(x.y)`` on rows of equal norm.

    Parameters
    ----------
    function : callable
        ``f``, elementwise on arrays of inner products. A module-level function makes the object
        picklable.
    first_derivative, second_derivative : callable, default=None
        ``f'`` and ``f''``; None computes them numerically around zero, from values of f between
        ``-tau`` and ``tau``, to a relative error of 1e-5 or less; where
        rounding forbids that, because f hardly varies there, an error is raised. Below 1e-10 of its
        natural scale (variation of f over a power of tau), a derivative counts as zero.

    Raises
    ------
    TypeError
        If a function is not callable.

    See Also
    --------
    RadialKernel : Kernels of the distance.

    Notes
    -----
    The squared norms of the centred rows must be close to their mean tau
    (:class:`sklearn.preprocessing.Normalizer`), or terms arise that no random feature of this kind
    has.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.theory import InnerProductKernel, kernel_moments
    >>> moments = kernel_moments(InnerProductKernel(np.exp), tau=1.0)
    >>> round(moments.m1, 9), round(moments.m2, 9), round(moments.variance, 9)
    (1.0, 1.0, 1.718281828)
    """

    function: Callable
    first_derivative: Callable | None = None
    second_derivative: Callable | None = None

    def __post_init__(self):
        self._check_functions(("first_derivative", "second_derivative"))

    def moments(self, tau: float) -> KernelMoments:
        """Compute the moments of the equivalent activation.

        Parameters
        ----------
        tau : float
            Squared norm of the samples, positive.

        Returns
        -------
        KernelMoments
            ``m1 = sqrt(f'(0))``, ``m2 = sqrt(f''(0))`` and ``V = f(tau) - f(0)``.

        Raises
        ------
        ValueError
            If f is not finite, a derivative cannot be computed, or the signs of the derivatives or
            Bessel's inequality show that the kernel is not positive definite.
        """
        tau = require_positive("tau", tau)
        rise = _evaluate(self, self.function, tau) - _evaluate(self, self.function, 0.0)
        slope, curvature = _derivatives(self, 0.0, tau / 2, abs(rise))
        _require_nonnegative(self, tau, **{"f'(0)": slope, "f''(0)": curvature})
        return KernelMoments(tau, math.sqrt(slope), math.sqrt(curvature), rise)


@dataclass(frozen=True, repr=False)
class Activation(_FunctionTarget):
    """Target kernel ``E_w[sigma(w.x) sigma(w.y)]`` of an activation with known kinks.

    Parameters
    ----------
    function : callable
        ``sigma``, elementwise on arrays. A module-level function makes the object picklable.
    breakpoints : sequence of float, default=()
        Positions of kinks, jumps and steep parts, in units of the argument of sigma.

    Raises
    ------
    TypeError
        If `function` is not callable.

    See Also
    --------
    activation_moments : The quadrature.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.theory import Activation, kernel_moments
    >>> target = Activation(np.sign, breakpoints=(0.0,))
    >>> target
    Activation(sign, breakpoints=(0.0,))
    >>> round(kernel_moments(target, tau=1.0).m1, 12)
    0.797884560803
    """

    function: Callable
    breakpoints: tuple[float, ...] = ()

    def __post_init__(self):
        self._check_functions()
        # A tuple whatever sequence was given, so that equality and hashing work.
        object.__setattr__(self, "breakpoints", tuple(float(b) for b in self.breakpoints))

    def moments(self, tau: float) -> KernelMoments:
        """Compute the Gaussian moments of the activation.

        Parameters
        ----------
        tau : float
            Mean squared norm of the centred samples, positive.

        Returns
        -------
        KernelMoments
            The moments, by quadrature.
        """
        return activation_moments(self.function, tau, breakpoints=self.breakpoints)
