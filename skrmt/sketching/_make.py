# SPDX-License-Identifier: BSD-3-Clause
"""Laws of sketches by the name of their kind."""

from skrmt.sketching._cosine import CosineSketch
from skrmt.sketching._count import CountSketch
from skrmt.sketching._gaussian_sketch import GaussianSketch
from skrmt.sketching._haar import HaarSketch
from skrmt.sketching._hadamard import HadamardSketch
from skrmt.sketching._protocol import SketchLaw
from skrmt.sketching._subsampling import FeatureSubsampling

# Kind -> law.
SKETCHES = {
    "srdct": CosineSketch,
    "orthogonal": HaarSketch,
    "gaussian": GaussianSketch,
    "sparse": HadamardSketch,
    "countsketch": CountSketch,
    "subsample": FeatureSubsampling,
}


def make_sketch(kind, n_features, n_components, *, n_nonzero=8) -> SketchLaw:
    """Make the law of a sketch from the name of its kind.

    Parameters
    ----------
    kind : {"srdct", "orthogonal", "gaussian", "sparse", "countsketch", "subsample"}
        Which law.
    n_features : int
        Rows of a sketch, p.
    n_components : int
        Columns of a sketch, m; "srdct", "orthogonal" and "subsample" need m <= p, and "sparse"
        rounds m up to whole blocks.
    n_nonzero : int, default=8
        Entries of a feature, for "sparse" only.

    Returns
    -------
    law : CosineSketch, HaarSketch, GaussianSketch, HadamardSketch, CountSketch or \
FeatureSubsampling
        The law; its method `draw` gives operators.

    Raises
    ------
    ValueError
        For an unknown kind, or a size out of range.

    Examples
    --------
    >>> from skrmt.sketching import make_sketch
    >>> make_sketch("sparse", 1000, 100, n_nonzero=8)
    HadamardSketch(n_features=1000, n_components=104, n_nonzero=8)
    """
    if not isinstance(kind, str) or kind not in SKETCHES:
        raise ValueError(f"kind={kind!r} must be one of {list(SKETCHES)}.")
    if kind == "sparse":
        return HadamardSketch(n_features, n_components, n_nonzero)
    return SKETCHES[kind](n_features, n_components)
