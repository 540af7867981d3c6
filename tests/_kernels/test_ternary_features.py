# SPDX-License-Identifier: BSD-3-Clause
"""Every implementation of the transform against a matrix product, and against each other."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import hadamard

from skrmt import _kernels

IMPLEMENTATIONS = _kernels.implementations()
COMPILED = [name for name in IMPLEMENTATIONS if name != "numpy"]
RULES = ("odd", "even", "phase")
OUTPUTS = (np.int8, np.float32, np.float64, np.uint64)

# p, N, k, rounds: blocks of one row, padded blocks (k no power of two), a last block cut short, one
# input, blocks larger than a chunk of the compiled kernel, fewer features than a block.
SHAPES = [
    (784, 1000, 32, 1),
    (64, 320, 16, 1),
    (7, 100, 4, 1),
    (5, 64, 5, 1),
    (1, 3, 1, 1),
    (40, 200, 21, 1),
    (3, 10, 3, 2),
    (1, 200, 1, 2),
    (100, 333, 100, 2),
    (700, 1500, 700, 2),
    (600, 20, 600, 1),
]


def problem(p, n_components, k, rounds, dtype, *, n_samples=37, seed=0, integers=True):
    """Random blocks and data; with integers every sum is exact in any order."""
    rng = np.random.default_rng(seed)
    q = max(1 << (k - 1).bit_length(), 64 if rounds == 2 else 1)
    n_blocks = -(-n_components // q)
    X = rng.integers(-9, 10, (n_samples, p)) if integers else rng.standard_normal((n_samples, p))
    positions = np.full((n_blocks, q), p, np.int32)  # p: an empty slot
    for block in positions:
        block[rng.permutation(q)[:k]] = rng.permutation(p)[:k]
    signs = np.where(rng.random((n_blocks, q)) < 0.5, -0.0, 0.0).astype(dtype)
    second = None
    if rounds == 2:
        second = np.where(rng.random((n_blocks, q)) < 0.5, -0.0, 0.0).astype(dtype)
    return X.astype(dtype), positions, signs, second


def parameters(rule, n_blocks, q, spread, dtype, seed=0):
    """Thresholds off the integers, or a slope that is a power of two: nothing is rounded."""
    rng = np.random.default_rng(seed)
    length = -(-n_blocks * q // 8) * 8
    if rule == "phase":
        slope = 2.0 ** -np.round(np.log2(4 * spread))
        return np.full(length, slope, dtype), (rng.integers(0, 512, length) / 512).astype(dtype)
    # half of them are hit exactly by integers: the comparisons are strict
    lower = np.floor(rng.normal(-0.4 * spread, 1, length)) + rng.choice([0, 0.5], length)
    upper = np.floor(rng.normal(0.5 * spread, 1, length)) + rng.choice([0, 0.5], length)
    return lower.astype(dtype), np.maximum(upper, lower).astype(dtype)


def exact_levels(X, positions, signs, second_signs, first, second, rule, n_components):
    """The definition, term by term, in float64."""
    transform = hadamard(positions.shape[1]).astype(float)
    padded = np.hstack([X.astype(float), np.zeros((len(X), 1))])
    columns = []
    for b, block in enumerate(positions):
        y = (padded[:, block] * np.copysign(1.0, signs[b])) @ transform
        if second_signs is not None:
            y = (y * np.copysign(1.0, second_signs[b])) @ transform
        columns.append(y)
    y = np.hstack(columns)[:, :n_components]
    a, c = first[:n_components].astype(float), second[:n_components].astype(float)
    if rule == "phase":
        distance = np.abs(a * y + c - np.rint(a * y + c))
        return (distance < 1 / 6) * 1 - (distance > 1 / 3) * 1
    return (y > c) * 1 + (y < a) * (-1 if rule == "odd" else 1)


def empty_output(n_samples, n_components, rule, dtype):
    if dtype == np.uint64:
        return np.empty((n_samples, (1 if rule == "even" else 2) * -(-n_components // 64)), dtype)
    return np.empty((n_samples, n_components), dtype)


def decoded(out, n_components, scale):
    if out.dtype == np.uint64:
        return _kernels.unpack(out, n_components)
    return out if out.dtype == np.int8 else np.rint(out / scale)


@pytest.mark.parametrize("output", OUTPUTS, ids=lambda t: t.__name__)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda t: t.__name__)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_equals_the_definition_on_integers(name, shape, dtype, rule, output):
    _, n_components, k, rounds = shape
    X, positions, signs, second_signs = problem(*shape, dtype)
    q = positions.shape[1]
    spread = 5.0 * np.sqrt(k * q if rounds == 2 else k)
    first, second = parameters(rule, len(positions), q, spread, dtype)
    arguments = (X, positions, signs, second_signs, first, second, rule)
    expected = exact_levels(*arguments, n_components)
    assert 0.01 < np.mean(expected != 0) < 1

    out = empty_output(len(X), n_components, rule, output)
    IMPLEMENTATIONS[name].ternary_features(*arguments, 0.75, n_components, out)

    np.testing.assert_array_equal(decoded(out, n_components, 0.75), expected)
    if out.dtype.kind == "f":
        assert set(np.unique(out)) <= {-0.75, 0.0, 0.75}


@pytest.mark.skipif(not COMPILED, reason="built without compiled kernels: nothing to compare")
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda t: t.__name__)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_vector_widths_agree_bit_for_bit_on_any_data(shape, dtype, rule):
    _, n_components, k, rounds = shape
    X, positions, signs, second_signs = problem(*shape, dtype, integers=False, n_samples=83)
    q = positions.shape[1]
    spread = np.sqrt(k * q if rounds == 2 else k)
    first, second = parameters(rule, len(positions), q, spread, dtype)
    outs = {}
    for name, implementation in IMPLEMENTATIONS.items():
        outs[name] = np.empty((len(X), n_components), np.int8)
        implementation.ternary_features(
            X, positions, signs, second_signs, first, second, rule, 1.0, n_components, outs[name]
        )
    for name in COMPILED:
        np.testing.assert_array_equal(outs[name], outs[COMPILED[0]])

    # BLAS adds in another order. A projection of standard normal data has deviation `spread` and a
    # rounding error of a few sqrt(log2 q) eps of it; levels change within that of a threshold.
    error = 4 * np.sqrt(rounds * np.log2(q) + 1) * np.finfo(dtype).eps
    slopes = 2.0 if rule == "phase" else 1.0
    changed = np.count_nonzero(outs["numpy"] != outs[COMPILED[0]])
    assert changed <= 2 * slopes * error * outs["numpy"].size + 3


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
@settings(max_examples=25, deadline=None)
@given(
    n_samples=st.integers(1, 40),
    cut=st.integers(0, 40),
    rule=st.sampled_from(RULES),
    seed=st.integers(0, 99),
)
def test_a_row_does_not_depend_on_the_rows_around_it(name, n_samples, cut, rule, seed):
    cut = min(cut, n_samples)
    X, positions, signs, _ = problem(
        30, 150, 16, 1, np.float32, n_samples=n_samples, seed=seed, integers=name == "numpy"
    )
    first, second = parameters(rule, len(positions), 16, 20.0, np.float32, seed)
    whole, parts = np.empty((2, n_samples, 150), np.int8)
    for rows, out in [(slice(None), whole), (slice(cut), parts), (slice(cut, None), parts)]:
        IMPLEMENTATIONS[name].ternary_features(
            X[rows], positions, signs, None, first, second, rule, 1.0, 150, out[rows]
        )
    np.testing.assert_array_equal(whole, parts)


@pytest.mark.parametrize("name", COMPILED)
def test_compiled_kernel_refuses_arrays_that_do_not_fit(name):
    X, positions, signs, second_signs = problem(12, 140, 8, 2, np.float32)
    first, second = parameters("odd", len(positions), 64, 5.0, np.float32)
    out = np.empty((len(X), 140), np.int8)

    def call(**changes):
        given = {
            "X": X, "positions": positions, "signs": signs, "second_signs": second_signs,
            "first": first, "second": second, "rule": "odd", "scale": 1.0, "n_components": 140,
            "out": out, **changes,
        }  # fmt: skip
        IMPLEMENTATIONS[name].ternary_features(*given.values())

    call()
    for changes, message in [
        ({"n_components": 193}, "do not make 193 features"),
        ({"n_components": 128}, "do not make 128 features"),
        ({"positions": positions[:, :-1].copy()}, "power of two of columns, got 63"),
        ({"signs": signs[:, :-1].copy()}, "signs and positions"),
        ({"second_signs": second_signs[:-1]}, "second_signs and positions"),
        ({"first": first[:-8]}, "padded to a multiple of 8"),
        ({"out": out[:-1]}, "out has the wrong shape"),
        ({"positions": positions + 1}, "is not a column of X"),
        ({"positions": positions - 13}, "is not a column of X"),
    ]:
        with pytest.raises(ValueError, match=message):
            call(**changes)


@pytest.mark.parametrize("output", OUTPUTS, ids=lambda t: t.__name__)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda t: t.__name__)
@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_quantize_of_given_projections(name, dtype, rule, output):
    rng = np.random.default_rng(0)
    for n_components in (1, 70, 256, 300):
        Y = rng.integers(-30, 31, (9, n_components)).astype(dtype)
        first, second = (v[:n_components] for v in parameters(rule, 300, 1, 10.0, dtype))
        # a block of one coordinate with sign +: its projection is the coordinate
        identity = np.arange(n_components, dtype=np.int32)[:, np.newaxis]
        signs = np.zeros((n_components, 1), dtype)
        expected = exact_levels(Y, identity, signs, None, first, second, rule, n_components)
        out = empty_output(9, n_components, rule, output)
        IMPLEMENTATIONS[name].quantize(Y, first, second, rule, 0.75, out)
        np.testing.assert_array_equal(decoded(out, n_components, 0.75), expected)


def test_pack_layout_and_round_trip():
    rng = np.random.default_rng(0)
    for n_components in (1, 63, 64, 65, 200):
        levels = rng.integers(-1, 2, (9, n_components)).astype(np.int8)
        packed = _kernels.pack(levels, 2)
        assert packed.shape == (9, 2 * -(-n_components // 64))
        np.testing.assert_array_equal(_kernels.unpack(packed, n_components), levels)
        np.testing.assert_array_equal(
            _kernels.unpack(_kernels.pack(abs(levels), 1), n_components), abs(levels)
        )
    one = np.zeros((1, 70), np.int8)
    one[0, 3], one[0, 65] = 1, -1
    np.testing.assert_array_equal(_kernels.pack(one, 2), [[8, 2, 0, 2]])


@pytest.mark.parametrize("planes", [1, 2])
@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_packed_gram_equals_integer_gram(name, planes):
    rng = np.random.default_rng(planes)
    for n_components in (1, 64, 700):
        A = rng.integers(1 - planes, 2, (45, n_components)).astype(np.int8)
        B = rng.integers(1 - planes, 2, (18, n_components)).astype(np.int8)
        gram, cross = np.empty((45, 45), np.int32), np.empty((45, 18), np.int32)
        packed = _kernels.pack(A, planes)
        IMPLEMENTATIONS[name].packed_gram(packed, packed, planes, True, gram)
        IMPLEMENTATIONS[name].packed_gram(packed, _kernels.pack(B, planes), planes, False, cross)
        A, B = A.astype(np.int64), B.astype(np.int64)
        np.testing.assert_array_equal(gram, A @ A.T)
        np.testing.assert_array_equal(cross, A @ B.T)


def active_in_new_process(**environment):
    code = "from skrmt import _kernels; print(_kernels.active()['simd'])"
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        cwd=os.path.dirname(sys.executable),
    )


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_environment_variable_picks_the_implementation(name):
    run = active_in_new_process(SKRMT_SIMD=name)
    assert run.stdout.strip() == ("None" if name == "numpy" else name), run.stderr


def test_environment_variable_with_an_unknown_name_is_an_error():
    run = active_in_new_process(SKRMT_SIMD="sse9")
    assert run.returncode != 0
    assert "SKRMT_SIMD='sse9' names no implementation" in run.stderr


def test_active_reports_the_best_implementation_by_default():
    state = _kernels.active()
    assert state["available"] == tuple(IMPLEMENTATIONS)
    assert "numpy" in state["available"]
    assert state["implementation"] == ("numpy" if state["simd"] is None else "compiled")
