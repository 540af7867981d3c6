# SPDX-License-Identifier: BSD-3-Clause
"""Which entrywise map, at which density, in which storage: decided before a Gram matrix is made.

What a map costs in accuracy is its kappa, what it costs in memory its storage: ``n^2/8`` bytes for
each plane of bits, ``2 delta n^2`` for the places of the entries of one half of a ternary matrix of
density delta, ``4 delta n^2`` with their values.
"""

import math
from dataclasses import dataclass

from skrmt.cluster._tiles import SIDE
from skrmt.theory import (
    HardThreshold,
    OddQuantizer,
    density_for_tolerance,
    kappa_for_tolerance,
    phase_transition,
)

# Bytes that the affinity may take when the user sets no limit.
DEFAULT_MEMORY = 2**27
# Entries kept per row below which the extreme eigenvalues are no longer those of the theory.
_FEWEST_PER_ROW = 10
# Fewest entries per row with which eigenvalues can be counted.
_FEWEST_TO_COUNT = 100
# What a density set from a sample may fall short by.
_SPARE = 1.1
_SPARSE_DENSITY = 0.1
# Share of the limit that is aimed at: the density is set from a sample.
_SAFETY = 0.95
# Excess error that density="auto" accepts.
TOLERANCE = 0.01
# A density found for a kappa, or for bytes, has them up to rounding.
_ROUNDING = 1 + 1e-6


@dataclass(frozen=True)
class KernelChoice:
    """A map with its storage.

    Attributes
    ----------
    kernel : {"sign", "ternary", "quantized", "sparse"}
        Name of the map.
    entrywise : OddQuantizer or HardThreshold
        The map, for Gaussian entries of unit variance.
    packed : bool
        Planes of bits, or a list of entries.
    """

    kernel: str
    entrywise: object
    packed: bool

    def bytes_for(self, n_samples):
        """Predict the bytes of the stored matrix.

        Parameters
        ----------
        n_samples : int
            Side of the matrix.

        Returns
        -------
        int
            Bytes.
        """
        if self.packed:
            return len(self.entrywise.levels) * -(-n_samples // 8) * n_samples
        return round(_bytes_of_entries(self.kernel, self.entrywise.density, n_samples))


def named_kernel(kernel, density, n_bits):
    """Return the map of a name.

    Parameters
    ----------
    kernel : {"sign", "ternary", "quantized", "sparse"}
        Name of the map.
    density : float or None
        Fraction of the entries kept, for ternary and sparse.
    n_bits : {1, 2}
        Bits of the quantized map.

    Returns
    -------
    KernelChoice
        The map, in the smaller storage.
    """
    if kernel == "sparse":
        entrywise = HardThreshold.of_density(_SPARSE_DENSITY if density is None else density)
        return KernelChoice(kernel, entrywise, packed=False)
    if kernel == "ternary":
        entrywise = OddQuantizer.ternary(density)
        # 2 delta n^2 bytes of places, or two planes of n^2/8.
        return KernelChoice(kernel, entrywise, packed=entrywise.density > 1 / 8)
    if kernel == "quantized" and n_bits == 2:
        return KernelChoice(kernel, OddQuantizer.lloyd_max(2), packed=True)
    return KernelChoice(kernel, OddQuantizer.sign(), packed=True)


def choose_kernel(n_samples, kernel, density, n_bits, memory_limit, pilot, *, counting=False):
    """Settle map, density and storage.

    Parameters
    ----------
    n_samples : int
        Side of the matrix.
    kernel : {"auto", "sign", "ternary", "quantized", "sparse"}
        Name of the map; "auto" takes the best that fits the memory, or the smallest that is good
        enough when `density` is "auto", or the ternary map at the density given.
    density : float, "auto" or None
        Fraction of the entries kept. Maps that keep all ignore it.
    n_bits : {1, 2}
        Bits of the quantized map.
    memory_limit : int or None
        Bytes of the stored matrix; None for 128 MiB where the choice is free.
    pilot : callable
        Returns strength of the weakest spike and effective dimension; called only if needed.
    counting : bool, default=False
        Keep as many entries as are needed to count eigenvalues.

    Returns
    -------
    KernelChoice
        What to store.

    Raises
    ------
    ValueError
        If the matrix does not fit the memory.
    """
    strength, ratio = 0.0, 1.0
    if density == "auto" and kernel not in ("sign", "quantized"):
        strength, dimension = pilot()
        ratio = dimension / n_samples
    fewest = min(1.0, (_SPARE * _FEWEST_TO_COUNT if counting else _FEWEST_PER_ROW) / n_samples)
    if kernel == "auto" and (density is None or density == "auto"):
        return _smallest_good_enough(n_samples, strength, ratio, n_bits, memory_limit, fewest)
    given = density
    if density == "auto":
        density = _density_within_tolerance(strength, ratio, fewest)
    name = "ternary" if kernel == "auto" else kernel
    choice = named_kernel(name, density, n_bits)
    if _fits(choice, n_samples, memory_limit):
        return choice
    if density is None and name in ("ternary", "sparse"):
        density = _density_of_memory(n_samples, memory_limit, name)
        choice = named_kernel(name, density, n_bits)
    if not _fits(choice, n_samples, memory_limit):
        needed = choice.bytes_for(n_samples)
        at = "" if choice.packed else f" at density={given!r}"
        raise ValueError(
            f"kernel={kernel!r}{at} needs about {needed} bytes for {n_samples} rows, too many for "
            f"memory_limit={memory_limit!r}: raise the limit, or set kernel='auto' and "
            "density=None."
        )
    return choice


def _fits(choice, n_samples, memory_limit):
    """Whether a matrix stays below the limit, also when the sample sets its density too high."""
    spare = 1 if choice.packed else _SAFETY
    return memory_limit is None or choice.bytes_for(n_samples) <= spare * memory_limit * _ROUNDING


def _best_within(n_samples, n_bits, memory_limit):
    """Two planes, one plane, or as many ternary entries as fit: the most accurate."""
    limit = DEFAULT_MEMORY if memory_limit is None else memory_limit
    for kernel in ("quantized", "sign"):
        choice = named_kernel(kernel, None, n_bits)
        if choice.bytes_for(n_samples) <= limit:
            return choice
    density = _density_of_memory(n_samples, limit, "ternary", choice.bytes_for(n_samples))
    return named_kernel("ternary", density, 2)


def _smallest_good_enough(n_samples, strength, ratio, n_bits, memory_limit, fewest):
    """The smallest map within the tolerance; the most accurate if none is, or nothing is known."""
    best = _best_within(n_samples, n_bits, memory_limit)
    density = _density_within_tolerance(strength, ratio, fewest)
    if density is None:
        return best
    kappa = kappa_for_tolerance(strength, ratio, TOLERANCE)
    candidates = [named_kernel("ternary", density, 2)]
    candidates += [named_kernel(kernel, None, n_bits) for kernel in ("sign", "quantized")]
    largest = best.bytes_for(n_samples)
    good = [
        choice
        for choice in candidates
        if choice.entrywise.kappa <= kappa * _ROUNDING and choice.bytes_for(n_samples) <= largest
    ]
    return min(good, key=lambda choice: choice.bytes_for(n_samples), default=best)


def _density_within_tolerance(strength, ratio, fewest):
    """Density of a ternary map that loses .01 of error; None where the strength is not known."""
    if strength <= phase_transition(ratio):
        return None
    return max(density_for_tolerance(strength, ratio, TOLERANCE), fewest)


def _density_of_memory(n_samples, limit, kernel, other=math.inf):
    """Density at which a thresholded map fits the memory; another map would take `other` bytes."""
    of_all, of_none = (_bytes_of_entries(kernel, density, n_samples) for density in (1.0, 0.0))
    density = (_SAFETY * limit - of_none) / (of_all - of_none)
    if density * n_samples < _FEWEST_PER_ROW:
        smallest = _bytes_of_entries(kernel, _FEWEST_PER_ROW / n_samples, n_samples) / _SAFETY
        raise ValueError(
            f"memory_limit={limit!r} bytes keep {max(0.0, density * n_samples):.2g} entries in "
            f"each of {n_samples} rows; at least {_FEWEST_PER_ROW} are needed: set memory_limit to "
            f"{math.ceil(min(smallest, other))} or more."
        )
    return density


def _bytes_of_entries(kernel, density, n_samples):
    """Bytes of the entries right of the diagonal, with the starts of the rows."""
    pairs = density * n_samples**2 / 2
    if kernel == "sparse":
        return 8 * pairs + 4 * n_samples
    # Two matrices, of +1 and of -1, and the ones that serve the longer part of any strip.
    height = min(SIDE, n_samples)
    shared = density * height * (n_samples - height / 2)
    return 4 * pairs + 8 * n_samples + 2 * shared


def check_countable(n_samples, density):
    """Check that a matrix has enough entries for its eigenvalues to be counted.

    Parameters
    ----------
    n_samples : int
        Side of the matrix.
    density : float
        Fraction of the entries kept.

    Raises
    ------
    ValueError
        If it keeps fewer than 100 entries per row.
    """
    if n_samples * density < _FEWEST_TO_COUNT:
        raise ValueError(
            f"n_clusters='auto' needs {_FEWEST_TO_COUNT} entries per row to count eigenvalues, and "
            f"density={density:.3g} keeps {n_samples * density:.0f}: set density to "
            f"{min(1.0, _FEWEST_TO_COUNT / n_samples):.2g} or more, or give n_clusters."
        )
