# SPDX-License-Identifier: BSD-3-Clause
import pickle

import pytest
from sklearn.exceptions import InconsistentVersionWarning

from skrmt.base import SkrmtEstimator
from skrmt.utils._distribution import package_version


class Shift(SkrmtEstimator):
    def __init__(self, offset=0.0):
        self.offset = offset


def test_pickle_carries_the_version_and_loads_without_it_among_the_attributes():
    loaded = pickle.loads(pickle.dumps(Shift(2.0)))
    assert loaded.__dict__ == {"offset": 2.0}
    assert Shift(2.0).__getstate__()["_skrmt_version"] == package_version()


def test_loading_does_not_change_the_state_that_it_is_given():
    state = Shift(2.0).__getstate__()
    copy = dict(state)
    Shift().__setstate__(state)
    assert state == copy


@pytest.mark.parametrize(("stamp", "found"), [("9.9", r"9\.9"), (None, "unknown")])
def test_pickle_of_another_version_warns_and_loads(stamp, found):
    state = Shift(2.0).__getstate__()
    if stamp is None:
        del state["_skrmt_version"]
    else:
        state["_skrmt_version"] = stamp
    loaded = Shift()
    with pytest.warns(InconsistentVersionWarning, match=f"Shift from version {found}"):
        loaded.__setstate__(state)
    assert loaded.offset == 2.0


@pytest.fixture
def one_of_ours():
    """Return an estimator that looks as if it were defined inside the package."""
    return type("Shift", (Shift,), {"__module__": "skrmt.shifts._shift"})()


def test_documentation_link_follows_the_metadata_of_the_distribution(one_of_ours, monkeypatch):
    monkeypatch.setattr("skrmt.base.documentation_url", lambda: "https://docs.invalid/api")
    url = "https://docs.invalid/api/generated/skrmt.shifts.Shift.html"
    assert one_of_ours._get_doc_link() == url
    assert url in one_of_ours._repr_html_()


def test_no_documentation_link_where_the_metadata_has_none(one_of_ours, monkeypatch):
    monkeypatch.setattr("skrmt.base.documentation_url", lambda: None)
    assert one_of_ours._get_doc_link() == ""
    assert "https://scikit-learn.org" not in one_of_ours._repr_html_()


def test_estimator_of_a_user_gets_no_link_to_our_documentation(monkeypatch):
    monkeypatch.setattr("skrmt.base.documentation_url", lambda: "https://docs.invalid/api")
    assert Shift()._get_doc_link() == ""
