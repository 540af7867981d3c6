# SPDX-License-Identifier: BSD-3-Clause
"""Which estimators may become one."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import make_scorer, r2_score

from skrmt.utils._merging import refuse_to_merge, same


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (1, 1.0, True),
        ("auto", "auto", True),
        ("auto", np.ones(2), False),
        (np.ones(2), np.ones(2), True),
        (np.ones(2), [1.0, 1.0], True),
        (np.ones(2), np.zeros(2), False),
        (None, 0, False),
        ({"a": np.ones(2)}, {"a": [1.0, 1.0]}, True),
        ({"a": 1}, {"b": 1}, False),
        (make_scorer(r2_score), make_scorer(r2_score), True),
        (np.mean, np.median, False),
    ],
    ids=range(11),
)
def test_values_of_parameters(first, second, expected):
    assert same(first, second) is expected
    assert same(second, first) is expected


def fitted(**parameters):
    model = Ridge(**parameters).fit(np.eye(3), np.ones(3))
    model.sum_ = 1.0
    return model


def refused(first, second, **options):
    refuse_to_merge(first, second, statistic="sum_", **options)


def test_what_fits_is_let_pass():
    refused(fitted(), fitted())
    refused(fitted(alpha=1.0), fitted(alpha=2.0), own_affairs=("alpha",))


def test_what_the_statistic_was_made_for_counts():
    other = fitted(alpha=2.0)
    other.made_for_ = {"alpha": 1.0}
    refused(fitted(alpha=1.0), other, made_for="made_for_")


def test_what_does_not_fit_is_named():
    with pytest.raises(TypeError, match="other must be a Ridge, got int"):
        refused(fitted(), 1)
    with pytest.raises(ValueError, match="other has kept nothing"):
        refused(fitted(), Ridge())
    with pytest.raises(ValueError, match=r"alpha is 1\.0 here and 2\.0 in other"):
        refused(fitted(alpha=1.0), fitted(alpha=2.0))
    narrow = Ridge().fit(np.ones((2, 1)), np.ones(2))
    narrow.sum_ = 1.0
    with pytest.raises(ValueError, match="self has seen 3 features and other 1"):
        refused(fitted(), narrow)
    named = fitted()
    named.feature_names_in_ = np.array(["a", "b", "c"], object)
    with pytest.raises(ValueError, match="feature names"):
        refused(fitted(), named)
