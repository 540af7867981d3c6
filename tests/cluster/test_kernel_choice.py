# SPDX-License-Identifier: BSD-3-Clause
"""Which map for which memory, strength and wish."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrmt.cluster._kernel_choice import DEFAULT_MEMORY, choose_kernel, named_kernel
from skrmt.theory import (
    HardThreshold,
    OddQuantizer,
    density_for_tolerance,
    kappa_for_tolerance,
    misclassification_rate,
)


def no_pilot():
    raise AssertionError("the pilot is not needed")


def choose(n, kernel="auto", density=None, n_bits=2, memory_limit=None, pilot=no_pilot):
    return choose_kernel(n, kernel, density, n_bits, memory_limit, pilot)


@pytest.mark.parametrize(
    ("kernel", "density", "n_bits", "entrywise", "packed"),
    [
        ("sign", None, 2, OddQuantizer.sign(), True),
        ("sign", 0.3, 1, OddQuantizer.sign(), True),
        ("quantized", None, 2, OddQuantizer.lloyd_max(2), True),
        ("quantized", None, 1, OddQuantizer.sign(), True),
        ("ternary", None, 2, OddQuantizer.ternary(), True),
        ("ternary", 0.2, 2, OddQuantizer.ternary(0.2), True),
        ("ternary", 0.1, 2, OddQuantizer.ternary(0.1), False),
        ("ternary", 1.0, 2, OddQuantizer.sign(), True),
        ("sparse", None, 2, HardThreshold.of_density(0.1), False),
        ("sparse", 0.5, 2, HardThreshold.of_density(0.5), False),
    ],
)
def test_a_name_has_its_map(kernel, density, n_bits, entrywise, packed):
    choice = named_kernel(kernel, density, n_bits)
    assert (choice.kernel, choice.entrywise, choice.packed) == (kernel, entrywise, packed)


def test_planes_take_an_eighth_of_a_byte_for_each_entry():
    assert named_kernel("sign", None, 2).bytes_for(1001) == 126 * 1001
    assert named_kernel("quantized", None, 2).bytes_for(1001) == 2 * 126 * 1001
    # Places of the entries of one half, 4 bytes each; with values twice that.
    n = 10**6
    assert named_kernel("ternary", 0.01, 2).bytes_for(n) == pytest.approx(0.02 * n**2, rel=2e-3)
    assert named_kernel("sparse", 0.01, 2).bytes_for(n) == pytest.approx(0.04 * n**2, rel=1e-3)


def test_the_smaller_storage_is_taken():
    n = 10**6
    for density in (0.124, 0.126):
        places, planes = 2 * density * n**2, n**2 / 4
        found = named_kernel("ternary", density, 2)
        assert found.packed == (planes < places)
        assert found.bytes_for(n) == pytest.approx(min(places, planes), rel=2e-3)


@pytest.mark.parametrize(
    ("share", "kernel"),
    [(1 / 3, "quantized"), (0.2501, "quantized"), (0.24, "sign"), (0.1251, "sign")],
)
def test_memory_decides_between_planes(share, kernel):
    n = 4000
    choice = choose(n, memory_limit=int(share * n**2) + n)
    assert choice.kernel == kernel
    assert choice.entrywise == named_kernel(kernel, None, 2).entrywise


@pytest.mark.parametrize("share", [0.12, 0.03, 0.01])
def test_less_memory_is_filled_with_signs_of_large_entries(share):
    n = 4000
    limit = int(share * n**2)
    choice = choose(n, memory_limit=limit)
    assert (choice.kernel, choice.packed) == ("ternary", False)
    assert choice.bytes_for(n) <= limit
    # The margin is for the sampling error of the density.
    assert choice.bytes_for(n) == pytest.approx(0.95 * limit, rel=1e-3)


def test_without_a_limit_there_is_one_of_our_own():
    n = int((8 * DEFAULT_MEMORY) ** 0.5)
    assert choose(n // 2).kernel == "quantized"
    assert choose(n - 8).kernel == "sign"
    many = choose(2 * n)
    assert many.kernel == "ternary"
    assert many.bytes_for(2 * n) <= DEFAULT_MEMORY
    # What was asked for by name is not limited.
    assert choose(2 * n, "sign").bytes_for(2 * n) > DEFAULT_MEMORY


@pytest.mark.parametrize("kernel", ["ternary", "sparse"])
def test_a_map_without_a_density_shrinks_to_the_limit(kernel):
    n = 3000
    free = choose(n, kernel)
    assert free.entrywise == named_kernel(kernel, None, 2).entrywise
    limit = free.bytes_for(n) // 4
    limited = choose(n, kernel, memory_limit=limit)
    assert limited.kernel == kernel
    assert 0.9 * limit < limited.bytes_for(n) <= limit
    # A list of entries needs some room for the error of a sampled density.
    room = int(free.bytes_for(n) / (1 if free.packed else 0.95)) + 1
    assert choose(n, kernel, memory_limit=room).entrywise == free.entrywise


@pytest.mark.parametrize(
    ("kernel", "density"), [("sign", None), ("quantized", None), ("ternary", 0.5), ("sparse", 0.2)]
)
def test_what_was_asked_for_and_does_not_fit_is_an_error(kernel, density):
    choice = choose(1000, kernel, density)
    needed = choice.bytes_for(1000)
    room = needed if choice.packed else int(needed / 0.95) + 1
    assert choose(1000, kernel, density, memory_limit=room).kernel == kernel
    at = "" if choice.packed else f" at density={density!r}"
    message = f"kernel='{kernel}'{at} needs about {needed} bytes for 1000 rows"
    with pytest.raises(ValueError, match=re.escape(message)):
        choose(1000, kernel, density, memory_limit=room - 2)


@pytest.mark.parametrize("kernel", ["auto", "ternary", "sparse"])
def test_too_little_memory_is_an_error_that_says_how_much_is_enough(kernel):
    n = 5000
    with pytest.raises(ValueError, match="at least 10 are needed: set memory_limit to") as error:
        choose(n, kernel, memory_limit=20_000)
    enough = int(re.search(r"set memory_limit to (\d+)", str(error.value))[1])
    assert choose(n, kernel, memory_limit=enough).entrywise.density * n >= 10 * (1 - 1e-9)
    with pytest.raises(ValueError, match="memory_limit"):
        choose(n, kernel, memory_limit=int(0.99 * enough))


def test_a_density_alone_asks_for_the_ternary_map():
    assert choose(1000, density=0.3).entrywise == OddQuantizer.ternary(0.3)


@pytest.mark.parametrize(
    ("strength", "ratio", "kernel"),
    # kappa that is allowed: 1.94 and 5.12, against 1.57 of one plane.
    [(3.0, 0.5, "sign"), (6.0, 0.5, "ternary"), (2.0, 0.01, "ternary")],
)
def test_the_smallest_map_within_the_tolerance(strength, ratio, kernel):
    n = 20_000
    choice = choose(n, density="auto", pilot=lambda: (strength, ratio * n))
    assert choice.kernel == kernel
    error = misclassification_rate(strength, ratio, choice.entrywise.kappa)
    assert error <= misclassification_rate(strength, ratio) + 0.01 * (1 + 1e-6)
    if kernel == "ternary":
        assert error == pytest.approx(misclassification_rate(strength, ratio) + 0.01, rel=1e-5)
        density = density_for_tolerance(strength, ratio, 0.01)
        assert choice.entrywise.density == pytest.approx(density)


def test_a_strong_demand_gets_the_most_accurate_map():
    # Near the transition a tolerance of .01 allows little.
    strength, ratio = 0.74, 0.5
    assert kappa_for_tolerance(strength, ratio, 0.01) < OddQuantizer.lloyd_max(2).kappa
    choice = choose(1000, density="auto", pilot=lambda: (strength, ratio * 1000))
    assert choice.kernel == "quantized"


@pytest.mark.parametrize("strength", [0.0, 0.6])
def test_an_unknown_strength_asks_for_the_best(strength):
    choice = choose(1000, density="auto", pilot=lambda: (strength, 500.0))
    assert choice.kernel == "quantized"
    assert choose(1000, "ternary", "auto", pilot=lambda: (strength, 500.0)).entrywise == (
        OddQuantizer.ternary()
    )


def test_a_density_that_follows_the_data_keeps_ten_entries_per_row():
    choice = choose(500, "ternary", "auto", pilot=lambda: (200.0, 5.0))
    assert choice.entrywise.density == pytest.approx(10 / 500)


@pytest.mark.parametrize("kernel", ["sign", "quantized"])
def test_maps_that_keep_all_need_no_pilot(kernel):
    assert choose(1000, kernel, "auto").kernel == kernel


@given(
    n=st.integers(200, 10**6),
    share=st.floats(1e-5, 0.5),
    kernel=st.sampled_from(["auto", "sign", "ternary", "quantized", "sparse"]),
    density=st.one_of(st.none(), st.just("auto"), st.floats(1e-3, 1)),
    strength=st.floats(0, 50),
    ratio=st.floats(1e-3, 10),
)
def test_the_limit_is_kept_or_refused(n, share, kernel, density, strength, ratio):
    limit = max(1, int(share * n * n))
    try:
        choice = choose(n, kernel, density, 2, limit, lambda: (strength, ratio * n))
    except ValueError as error:
        assert "memory_limit" in str(error)
        return
    assert choice.bytes_for(n) <= limit
    assert kernel in ("auto", choice.kernel)
    assert np.isfinite(choice.entrywise.kappa)
