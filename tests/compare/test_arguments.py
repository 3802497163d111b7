"""Tests that cases set every argument, alone and with every other one, so that results change."""

import pytest

from compare.cases import arguments, catalogue, pairwise
from compare.cases.case import Case, LibraryObject
from compare.cases.values import apart
from compare.parity import judge
from minicnn import Model, config, layers, regularizers


def run(case):
    try:
        return judge.ours(case)
    except Exception as error:
        return str(error)


@pytest.fixture(scope="module")
def coverage():
    before = config.backend()
    config.set_backend("numpy")
    yield arguments.Coverage(catalogue.cases(), run)
    config.set_backend(before)


def test_every_argument_is_set_so_that_it_changes_the_result(coverage):
    assert coverage.arguments_without_a_case() == []


def test_every_two_arguments_are_set_together(coverage):
    assert coverage.pairs_without_a_case() == []


class Scaled(layers.Layer):
    """A layer with an argument that is used, one that is not, and one for its penalty."""

    def __init__(self, factor=1.0, offset=0.0, penalty=None, **kwargs):
        super().__init__(**kwargs)
        self.factor, self.offset, self.penalty = factor, offset, penalty

    def call(self, x):
        if self.penalty is not None:
            self.add_loss(self.penalty(x))
        return x * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor, "offset": self.offset}


@pytest.fixture
def scaled(monkeypatch):
    monkeypatch.setattr(layers, "Scaled", Scaled, raising=False)
    monkeypatch.setattr(arguments, "public", lambda: {Scaled: "layers.Scaled"})
    return lambda **settings: Case("layers", "Scaled", (apart(2, 3),), settings)


def lacking(*cases):
    found = arguments.Coverage(cases, run)
    return found.arguments_without_a_case(), found.pairs_without_a_case()


def test_an_argument_that_no_case_sets_is_found(scaled):
    alone, together = lacking(scaled(factor=2.0))
    assert alone == ["layers.Scaled: offset", "layers.Scaled: penalty"]
    assert together == [f"layers.Scaled: {x}" for x in ("factor, offset", "factor, penalty")] + [
        "layers.Scaled: offset, penalty"
    ]


def test_an_argument_that_changes_only_the_configuration_is_found(scaled):
    penalty = LibraryObject("regularizers.L2", {"l2": 0.5})
    alone, together = lacking(scaled(factor=2.0, offset=3.0, penalty=penalty))
    assert alone == ["layers.Scaled: offset"]
    assert together == []


def test_the_default_does_not_count(scaled):
    alone, together = lacking(scaled(factor=1.0, offset=0.0))
    assert "layers.Scaled: factor" in alone
    assert "layers.Scaled: factor, offset" in together


def test_settings_of_settings_count(scaled, monkeypatch):
    monkeypatch.setattr(arguments, "public", lambda: {regularizers.L2: "regularizers.L2"})
    penalty = LibraryObject("regularizers.L2", {"l2": 0.5})
    assert lacking(scaled(penalty=penalty)) == ([], [])
    assert lacking(scaled(penalty=LibraryObject("regularizers.L2")))[0] == ["regularizers.L2: l2"]


def test_arguments_of_methods_of_a_model_count_alone_and_with_those_of_compile(monkeypatch):
    found = {Model.compile: "Model.compile", Model.test_on_batch: "Model.test_on_batch"}
    monkeypatch.setattr(arguments, "public", lambda: found)
    given = {
        "compile": LibraryObject("Model.compile", {"loss": "mse", "loss_weights": [2.0]}),
        "test_on_batch": LibraryObject("Model.test_on_batch", {"x": apart(4, 4), "y": apart(4, 3)}),
    }
    alone, together = lacking(Case("training", "n", settings={"model": "one output", **given}))
    assert "Model.compile: optimizer" in alone
    assert "Model.test_on_batch: return_dict" in alone
    assert not {"Model.compile: loss_weights", "Model.test_on_batch: y"} & {*alone}
    assert "Model: compile:loss, test_on_batch:return_dict" in together
    assert "Model: compile:metrics, compile:weighted_metrics" in together
    assert "Model: compile:loss_weights, test_on_batch:y" not in together


def test_a_class_has_the_arguments_of_the_class_that_it_passes_them_to():
    assert "kernel_constraint" in arguments.parameters(layers.Conv3DTranspose)
    assert "pool_size" in arguments.parameters(layers.MaxPooling2D)
    assert "trainable" not in arguments.parameters(layers.MaxPooling2D)


def test_combinations_have_each_two_values_and_nothing_that_excludes_another():
    values = {"clipnorm": [1], "clipvalue": [2], "use_ema": [True], "ema_momentum": [3, 4]}
    found = list(pairwise.settings("optimizers.SGD", values, {"ema_momentum": "use_ema"}))
    assert found == list(pairwise.settings("optimizers.SGD", values, {"ema_momentum": "use_ema"}))
    assert not any({"clipnorm", "clipvalue"} <= set(chosen) for chosen in found)
    assert all("use_ema" in chosen for chosen in found if "ema_momentum" in chosen)
    for clip in ({"clipnorm": 1}, {"clipvalue": 2}):
        for momentum in (3, 4):
            wanted = {**clip, "ema_momentum": momentum}.items()
            assert any(wanted <= chosen.items() for chosen in found)


def test_no_reason_is_given_for_what_does_not_exist():
    from compare.cases import left_out

    names = {name: arguments.parameters(thing) for thing, name in arguments.public().items()}
    for name, argument, _ in left_out.IN_CONFIGURATION:
        assert argument in names[name]
    for pattern, listed, _ in left_out.ALONE:
        for argument in listed.split():
            assert any(
                left_out.fnmatchcase(n, pattern) and (argument == "*" or argument in given)
                for n, given in names.items()
            ), (pattern, argument)


def test_kept_combinations_are_those_that_were_found(tmp_path, monkeypatch):
    values = {"a": [1, 2], "b": [3], "c": [4, 5]}
    monkeypatch.setattr(pairwise, "KEPT", tmp_path / "kept")
    found = list(pairwise.settings("case", values))
    assert len(list((tmp_path / "kept").glob("*"))) == 1
    monkeypatch.setattr(pairwise.covertable, "make", None)  # cannot be called
    assert list(pairwise.settings("case", values)) == found
    with pytest.raises(TypeError):
        list(pairwise.settings("case", values, {"a": "b"}))
