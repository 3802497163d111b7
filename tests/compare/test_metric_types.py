"""Tests of the argument `dtype` of metrics, whose numbers in float32 and float64 cases let pass."""

from dataclasses import replace

import pytest

from compare import parity
from compare.cases import catalogue
from compare.parity import judge

FIRST = {case.name: case for case in reversed(catalogue.cases()) if case.kind == "metrics"}


def types(found):
    return {name: str(x.dtype) for name, x in found.items() if name.startswith("state ")}


@pytest.mark.keras
def test_metrics_keep_their_state_in_the_type_that_keras_keeps_it_in():
    cases = [replace(c, settings={**c.settings, "dtype": "float64"}) for c in FIRST.values()]
    for case, keras in zip(cases, parity.keras_answers("tensorflow", cases), strict=True):
        ours = types(judge.ours(case))
        assert ours, case.name
        assert ours == types(keras.found), case.name
