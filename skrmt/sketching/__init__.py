# SPDX-License-Identifier: BSD-3-Clause
"""Random projections as operators, and linear sketches.

**Weights of random features.** A projection is drawn once (a law and a random state give the
operator) and then applied to any number of rows. Rows of its weight matrix have mean 0 and, after
multiplication with `unit_scale`, entries of variance 1; `weight_kurtosis` (mean fourth power of an
entry) and `weight_comoment` (mean product of the squares of two) are all that limiting kernels see
of the law besides the variance.

**Linear sketches.** A sketch replaces the p columns of X by m, ``Z = X S``, with ``E[S S'] = I``.
A law (:class:`CosineSketch`, ...) says shape and distribution, its method `draw` gives a
:class:`Sketch`, which holds a seed instead of a matrix: `apply` is ``X S``, `adjoint` is ``S T``.

===========================  =====================================  ===============================
law                          cost of n rows, all g members          when
===========================  =====================================  ===============================
:class:`CosineSketch`        one transform, ``n p log p``           dense data
:class:`HadamardSketch`      s additions for each entry and member  sparse data
:class:`CountSketch`         one addition for each entry            very sparse data, m large
:class:`GaussianSketch`      a product, ``n p m`` a member          independent entries wanted
:class:`HaarSketch`          a product and a QR, ``2 p m^2``        reference for orthogonal laws
:class:`FeatureSubsampling`  a choice, ``n m`` a member             features that are alike
===========================  =====================================  ===============================

The attribute `free_type` of a law says which formula gives the implicit ridge of the sketch:
"orthogonal" (p' = `n_ambient` is the size of the transform), "gaussian", "spectrum" (from
:meth:`Sketch.gram_spectrum`), or None where there is none. Asymptotic freeness is shown for
rotation invariant laws and assumed for the others, after P. Patil, D. LeJeune, "Asymptotically free
sketched ridge ensembles: risks, cross-validation, and tuning", ICLR 2024, arXiv:2310.04357.
"""

from skrmt.sketching._block_hadamard import BlockHadamardProjection, draw_dense, draw_sparse
from skrmt.sketching._cosine import CosineSketch
from skrmt.sketching._count import CountSketch
from skrmt.sketching._gaussian import GaussianProjection, draw_gaussian
from skrmt.sketching._gaussian_sketch import GaussianSketch
from skrmt.sketching._haar import HaarSketch
from skrmt.sketching._hadamard import HadamardSketch
from skrmt.sketching._make import SKETCHES, make_sketch
from skrmt.sketching._protocol import Sketch
from skrmt.sketching._subsampling import FeatureSubsampling

__all__ = [
    "SKETCHES",
    "BlockHadamardProjection",
    "CosineSketch",
    "CountSketch",
    "FeatureSubsampling",
    "GaussianProjection",
    "GaussianSketch",
    "HaarSketch",
    "HadamardSketch",
    "Sketch",
    "draw_dense",
    "draw_gaussian",
    "draw_sparse",
    "make_sketch",
]
