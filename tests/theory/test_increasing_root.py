# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest

from skrmt.theory._increasing_root import increasing_root

LOW, HIGH = np.zeros(6), np.full(6, 3.0)
TARGET = np.array([1e-12, 1e-3, 0.5, 1.0, 8.0, 26.9])


@pytest.mark.parametrize("start", [0.0, 1.5, 3.0, 50.0])
def test_roots_from_anywhere(start):
    root = increasing_root(
        lambda u, _: (u**3, 3 * u**2), TARGET, LOW, HIGH, np.full(TARGET.size, start)
    )
    assert root == pytest.approx(np.cbrt(TARGET), rel=1e-14)


@pytest.mark.parametrize("slope", [0.0, -1.0, np.nan, 1e-300])
def test_wrong_slopes_only_cost_time(slope):
    root = increasing_root(
        lambda u, _: (u**3, np.full_like(u, slope)), TARGET[2:], LOW[2:], HIGH[2:], HIGH[2:] / 3
    )
    assert root == pytest.approx(np.cbrt(TARGET[2:]), rel=1e-14)


def test_each_entry_is_its_own_function():
    powers = np.array([1.0, 2.0, 5.0])
    seen = []

    def function(u, which):
        seen.append(which.size)
        return u ** powers[which], powers[which] * u ** (powers[which] - 1)

    root = increasing_root(function, np.full(3, 2.0), np.zeros(3), np.full(3, 2.0), np.ones(3))
    assert root == pytest.approx(2 ** (1 / powers), rel=1e-15)
    # Those that have arrived are not evaluated again.
    assert seen[-1] < 3


def test_targets_out_of_reach_give_the_end():
    root = increasing_root(
        lambda u, _: (u, np.ones_like(u)), np.array([-1.0, 9.0]), LOW[:2], HIGH[:2], HIGH[:2] / 2
    )
    assert root == pytest.approx([0.0, 3.0], abs=1e-11)
