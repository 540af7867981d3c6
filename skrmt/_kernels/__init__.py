# SPDX-License-Identifier: BSD-3-Clause
"""The few loops that BLAS cannot do, compiled, with a NumPy twin of the same signature.

``ternary_features``, ``quantize``, ``packed_gram``, ``packed_sign_product`` and ``swap_labels`` are
those of the best implementation of this machine, chosen once, at import. The environment variable
``SKRMT_SIMD`` overrides the choice: the name of an instruction set ("avx512", "avx2", "baseline")
or "numpy".
"""

import os
from functools import partial
from types import SimpleNamespace

from skrmt._kernels import _label_swaps, _numpy
from skrmt._kernels._numpy import n_words, pack, project, unpack

try:
    from skrmt._kernels import _compiled
except ImportError:  # built without a C compiler
    _compiled = None

__all__ = [
    "active",
    "implementations",
    "n_words",
    "pack",
    "packed_gram",
    "packed_sign_product",
    "project",
    "quantize",
    "swap_labels",
    "ternary_features",
    "unpack",
]


def implementations():
    """Every implementation that runs on this machine, best first.

    Returns
    -------
    implementations : dict of str to SimpleNamespace
        From "avx512", "avx2", "baseline" (compiled) or "numpy" to the functions
        `ternary_features`, `quantize`, `packed_gram`, `packed_sign_product` and `swap_labels`; the
        last is the same function in all that are compiled.
    """
    found = {}
    for level in _compiled.levels() if _compiled is not None else ():
        found[level] = SimpleNamespace(
            ternary_features=partial(_compiled.ternary_features, level),
            quantize=partial(_compiled.quantize, level),
            packed_gram=partial(_compiled.packed_gram, level),
            packed_sign_product=partial(_compiled.packed_sign_product, level),
            swap_labels=_compiled.swap_labels,
        )
    found["numpy"] = SimpleNamespace(
        ternary_features=_numpy.ternary_features,
        quantize=_numpy.quantize,
        packed_gram=_numpy.packed_gram,
        packed_sign_product=_numpy.packed_sign_product,
        swap_labels=_label_swaps.swap_labels,
    )
    return found


def _choose(found):
    wanted = os.environ.get("SKRMT_SIMD") or next(iter(found))
    if wanted not in found:
        raise ImportError(
            f"The environment variable SKRMT_SIMD={wanted!r} names no implementation of the "
            f"kernels that runs here; set it to one of {sorted(found)} or unset it."
        )
    return wanted


_FOUND = implementations()
_ACTIVE = _choose(_FOUND)
ternary_features = _FOUND[_ACTIVE].ternary_features
quantize = _FOUND[_ACTIVE].quantize
packed_gram = _FOUND[_ACTIVE].packed_gram
packed_sign_product = _FOUND[_ACTIVE].packed_sign_product
swap_labels = _FOUND[_ACTIVE].swap_labels


def active():
    """Which implementation of the kernels is in use.

    Returns
    -------
    state : dict
        ``implementation`` ("compiled" or "numpy"), ``simd`` (instruction set, None for NumPy) and
        ``available`` (names of all implementations that run here, best first).
    """
    compiled = _ACTIVE != "numpy"
    return {
        "implementation": "compiled" if compiled else "numpy",
        "simd": _ACTIVE if compiled else None,
        "available": tuple(_FOUND),
    }
