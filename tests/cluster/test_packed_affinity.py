# SPDX-License-Identifier: BSD-3-Clause
"""Planes of bits against the map, entry by entry, and against dense products."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrmt.cluster._packed_affinity import PackedAffinity
from skrmt.cluster._tiles import spans, without_diagonal
from skrmt.theory import OddQuantizer

MAPS = {
    "sign": OddQuantizer.sign(),
    "ternary": OddQuantizer.ternary(0.3),
    "quantized": OddQuantizer.lloyd_max(2),
    "levels": OddQuantizer((0.7,), (2.0, 0.5)),
}


def similarities(n, seed, silent=()):
    S = np.random.default_rng(seed).standard_normal((n, n)).astype(np.float32)
    S = np.triu(S, 1) + np.triu(S, 1).T
    S[:, silent] = S[silent, :] = 0
    return S


def packed(S, quantizer, unit, side):
    silent = ~S.any(axis=1)
    affinity = PackedAffinity(len(S), quantizer, unit, silent)
    for i in spans(len(S), side=side):
        for j in spans(len(S), start=i.start, side=side):
            affinity.store(without_diagonal(S[i, j].copy(), i, j, np.inf), i, j)
    return affinity


def mapped(S, quantizer, unit):
    """The map of all entries, with a zero diagonal and zero rows where a row is silent."""
    array = quantizer(S / np.float32(unit))
    np.fill_diagonal(array, 0)
    return array


@given(
    n=st.integers(2, 70),
    name=st.sampled_from(sorted(MAPS)),
    side=st.sampled_from([8, 16, 40, 96]),
    unit=st.sampled_from([0.05, 1.0, 3.0]),
    silent=st.lists(st.integers(0, 1), max_size=1),
    width=st.sampled_from([1, 3]),
    seed=st.integers(0, 99),
)
def test_entries_and_products_are_those_of_the_map(n, name, side, unit, silent, width, seed):
    quantizer = MAPS[name]
    S = similarities(n, seed, silent) * np.float32(unit)
    affinity = packed(S, quantizer, unit, side)
    exact = mapped(S, quantizer, unit)
    # Two weights add up to each level: one rounding more.
    np.testing.assert_allclose(affinity.toarray(), exact, rtol=0, atol=5e-7)
    V = np.random.default_rng(seed).standard_normal((n, width)).astype(np.float32)
    np.testing.assert_allclose(affinity.matmat(V), exact @ V, rtol=0, atol=n * 1e-6)
    n_planes = 1 if name == "sign" else 2
    assert affinity.nbytes == -(-n // 8) * n * n_planes
    assert affinity.shape == (n, n)


@pytest.mark.parametrize("name", MAPS)
def test_many_columns_and_tables_in_parts(name, monkeypatch):
    monkeypatch.setattr("skrmt.cluster._packed_affinity._TABLE_BYTES", 3 * 4 * 256 * 2)
    n = 4099  # one more than a look-up serves, and not a multiple of 8
    affinity = PackedAffinity(n, MAPS[name], 1.0, np.zeros(n, bool))
    rng = np.random.default_rng(0)
    # Any bits will do: the product is compared with the matrix that they are.
    for plane in affinity._planes:
        plane[:] = rng.integers(0, 256, plane.shape)
    V = rng.standard_normal((n, 2)).astype(np.float32)
    product = affinity.matmat(V)
    for part in (slice(0, 5), slice(4094, 4099)):
        bits = [np.unpackbits(plane[:, part], axis=0, count=n) for plane in affinity._planes]
        columns = sum(w * (2.0 * b - 1) for w, b in zip(affinity._weights, bits, strict=True))
        exact = columns.T @ V - sum(affinity._weights) * V[part]
        # A sum of n / 8 table entries in float32.
        bound = (n / 8 + 12) * 6e-8 * np.abs(columns).T @ np.abs(V)
        assert (np.abs(product[part] - exact) <= bound).all()


@pytest.mark.parametrize("n_jobs", [2, -1])
def test_threads_change_no_bit_of_a_product(n_jobs, monkeypatch):
    monkeypatch.setattr("skrmt.cluster._packed_affinity._COLUMNS", 16)
    S = similarities(101, 0)
    affinity = packed(S, MAPS["quantized"], 1.0, 32)
    V = np.random.default_rng(0).standard_normal((101, 3))
    np.testing.assert_array_equal(affinity.matmat(V), affinity.matmat(V, n_jobs))


def test_one_vector_keeps_its_shape_and_type():
    S = similarities(21, 0)
    affinity = packed(S, MAPS["ternary"], 1.0, 8)
    v = np.arange(21)
    found = affinity.matmat(v)
    assert found.shape == (21,)
    assert found.dtype == affinity.dtype == np.float32
    np.testing.assert_array_equal(found, affinity.matmat(v[:, None])[:, 0])
    np.testing.assert_array_equal(v, np.arange(21))


@pytest.mark.parametrize("name", MAPS)
def test_scale_is_a_factor_of_all(name):
    S = similarities(37, 1, silent=[5])
    affinity = packed(S, MAPS[name], 1.0, 16)
    V = np.random.default_rng(0).standard_normal((37, 2)).astype(np.float32)
    entries, product = affinity.toarray(), affinity.matmat(V)
    affinity.scale = 0.25
    np.testing.assert_array_equal(affinity.toarray(), entries / 4)
    np.testing.assert_array_equal(affinity.matmat(V), product / 4)


@pytest.mark.parametrize("name", MAPS)
def test_silent_rows_are_zero_and_hear_nothing(name):
    S = similarities(37, 2, silent=[0, 17, 36])
    affinity = packed(S, MAPS[name], 1.0, 16)
    product = affinity.matmat(np.ones((37, 2)))
    assert not product[[0, 17, 36]].any()
    only_silent = np.zeros(37)
    only_silent[[0, 17, 36]] = 1.0
    assert not affinity.matmat(only_silent).any()
    assert not affinity.toarray()[[0, 17, 36]].any()


def test_a_tie_at_zero_is_negative_and_zero_for_a_ternary_map():
    S = similarities(9, 3)
    S[2, 5] = S[5, 2] = 0
    low = MAPS["quantized"].levels[0]
    for name, value in (("sign", -1.0), ("ternary", 0.0), ("quantized", -low)):
        affinity = packed(S, MAPS[name], 1.0, 8)
        found = affinity.toarray()
        assert found[2, 5] == found[5, 2] == pytest.approx(value, abs=1e-7)


@pytest.mark.parametrize("name", ["ternary", "quantized"])
def test_a_tie_at_the_threshold_takes_the_lower_level_on_both_sides(name):
    threshold = np.float32(MAPS[name].thresholds[0])
    S = similarities(9, 3)
    S[2, 5] = S[5, 2] = threshold
    S[3, 4] = S[4, 3] = -threshold
    found = packed(S, MAPS[name], 1.0, 8).toarray()
    assert found[2, 5] == -found[3, 4] == pytest.approx(MAPS[name].levels[0], abs=1e-7)
