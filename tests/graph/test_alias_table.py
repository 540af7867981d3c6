# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from skrmt.graph._alias_table import AliasTable


class Given:
    """Hands out given integers in place of random ones."""

    def __init__(self, bits):
        self.bits = bits

    def integers(self, low, high, *, size, dtype, endpoint):
        assert (low, high, endpoint, size) == (0, 2**64 - 1, True, len(self.bits))
        return np.array(self.bits, dtype)


def law_of(table, n_outcomes):
    """Compute the law of a table: the share of each slot's integers that give its own outcome."""
    outcomes = table.outcomes(np.arange(n_outcomes)).reshape(-1, 2)
    part = 2**64 // len(outcomes)
    own = table._bounds - np.arange(len(outcomes), dtype=np.uint64) * np.uint64(part)
    share = own.astype(float) / part
    law = np.zeros(n_outcomes)
    np.add.at(law, outcomes[:, 0], share)
    np.add.at(law, outcomes[:, 1], 1 - share)
    return law / len(outcomes)


@given(
    st.lists(
        st.floats(0, 1) | st.floats(-300, 0).map(lambda power: 10**power), min_size=2, max_size=40
    ).filter(lambda weights: max(weights) > 1e-290)
)
@example([1e-5, 1e-5])
def test_law_is_that_of_the_weights(weights):
    weights = np.array(weights)
    law = law_of(AliasTable(weights), len(weights))
    # Rounding of the cumulated sums, of at most 64 terms.
    np.testing.assert_allclose(law, weights / weights.sum(), rtol=0, atol=64 * 2.0**-52)
    assert np.all(law[weights == 0] == 0)


def test_first_and_last_integer_of_a_slot():
    table = AliasTable(np.array([1.0, 3.0]))
    values = table.outcomes(np.array([10, 20], np.uint32))
    half = 2**63
    drawn = table.draw(values, 5, Given([0, half // 2 - 1, half // 2, half, 2**64 - 1]))
    assert drawn.tolist() == [10, 10, 20, 20, 20]
    assert drawn.dtype == np.uint32
