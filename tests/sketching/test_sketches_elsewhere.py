# SPDX-License-Identifier: BSD-3-Clause
"""Sketches of arrays of other libraries: the same matrix, on the device of the rows."""

import os
import subprocess
import sys

import numpy as np
import pytest

from skrmt.sketching import SKETCHES, make_sketch

# SciPy reads SCIPY_ARRAY_API when it is imported: the rest needs a process of its own. The second
# device of array-api-strict refuses to become a NumPy array.
CASES = """
import itertools
from importlib.util import find_spec
import array_api_strict as xp
import numpy as np
from sklearn import config_context
from skrmt.sketching import SKETCHES, make_sketch
from skrmt.utils._arrays import on_host

device = xp.Device("device1")
to = {"strict": lambda array: xp.asarray(array, device=device)}
if find_spec("torch"):
    to["torch"] = __import__("torch").asarray
rng = np.random.default_rng(0)
# 37 is prime: padded; the transform of an odd length, and of one without padding
for p, kind, name in itertools.product((37, 45, 64), SKETCHES, to):
    for dtype, share in ((np.float64, 1e-13), (np.float32, 1e-5)):
        X = (rng.standard_normal((20, p)) + 3).astype(dtype)
        law = make_sketch(kind, p, 8, n_nonzero=4)
        sketch = law.draw(0, n_members=min(3, law.n_disjoint))
        with config_context(array_api_dispatch=True):
            for offset in (None, X.mean(axis=0), to[name](X.mean(axis=0))):
                host = None if offset is None else on_host(offset)
                for columns in (None, slice(2, law.n_components)):
                    expected = sketch.apply(X, offset=host, columns=columns)
                    Z = sketch.apply(to[name](X), offset=offset, columns=columns)
                    assert type(Z) is type(to[name](X)), kind
                    found = on_host(Z)
                    assert found.dtype == dtype, kind
                    np.testing.assert_allclose(
                        found, expected, rtol=0, atol=share * np.abs(expected).max()
                    )
            T = rng.standard_normal((sketch.n_columns, 2)).astype(dtype)
            B = sketch.adjoint(to[name](T))
            assert type(B) is type(Z)
            np.testing.assert_array_equal(on_host(B), sketch.adjoint(T))
"""


def test_one_seed_is_one_sketch_in_any_library():
    environment = {**os.environ, "SCIPY_ARRAY_API": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "error", "-c", CASES]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", SKETCHES)
def test_some_columns_are_those_of_all(kind):
    rng = np.random.default_rng(0)
    law = make_sketch(kind, 40, 8, n_nonzero=4)
    sketch, X = law.draw(0, n_members=min(3, law.n_disjoint)), rng.standard_normal((10, 40))
    for columns in (slice(0, sketch.n_columns), slice(3, 7)):
        np.testing.assert_array_equal(
            sketch.apply(X, offset=X[0], columns=columns), sketch.apply(X, offset=X[0])[:, columns]
        )
