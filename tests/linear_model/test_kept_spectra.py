# SPDX-License-Identifier: BSD-3-Clause
"""Decompositions that wait for the next grid of penalties stay within the memory allowed."""

import numpy as np
import pytest

from skrmt.linear_model import _ensemble_fit
from skrmt.linear_model._ensemble_fit import Settings, fit_ensemble
from skrmt.linear_model._ensemble_plan import make_plan
from skrmt.linear_model._problem import make_problem

SIZE, MEMBERS = 40, 2


def kept_bytes(n, max_memory, monkeypatch):
    """Bytes of arrays kept after a fit to columns of very unequal scale, and the names of them."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, 80)) * np.logspace(0, -7, 80)
    y = X[:, :1] + 0.1 * rng.standard_normal((n, 1))
    problem = make_problem(X, y, None, fit_intercept=True)
    plan = make_plan(
        80,
        SIZE,
        MEMBERS,
        sketch="subsample",
        n_nonzero=1,
        partition=True,
        sparse=False,
        random_state=0,
    )
    rooms, room = [], _ensemble_fit._room_for_spectra
    monkeypatch.setattr(
        _ensemble_fit, "_room_for_spectra", lambda *args: rooms.append(room(*args)) or rooms[-1]
    )
    fit_ensemble(problem, plan, Settings(max_memory=max_memory), y)
    (spectra,) = rooms
    if spectra is None:
        return None
    names = [set(found) for found in spectra.values()]
    return names, sum(
        array.nbytes for found in spectra.values() for arrays in found.values() for array in arrays
    )


@pytest.mark.parametrize("n", [120, 36], ids=["primal", "dual"])
def test_both_decompositions_of_a_member_count(n, monkeypatch):
    side = min(n, SIZE)
    once = MEMBERS * 8 * side**2
    names, taken = kept_bytes(n, 1e9, monkeypatch)
    assert names == [{"of products", "of rows"}] * MEMBERS
    assert taken > 1.8 * once
    monkeypatch.undo()
    for share in (0.5, 1.0, 1.5, 1.9, 2.0, 2.3, 3.0):
        kept = kept_bytes(n, share * once, monkeypatch)
        monkeypatch.undo()
        assert kept is None or kept[1] <= share * once
        assert (kept is None) == (share <= 2.0)
