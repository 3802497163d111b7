import importlib.util
import json

import numpy as np
import pytest

import minicnn
from compare import training
from compare.cli.main import main
from compare.errors import ALLOWED, UNIT
from compare.libraries.minicnn import MiniCNN
from compare.networks import INPUT_SHAPE, NETWORKS
from compare.training import cases, train
from compare.training.band import LOSS, Comparison, spread
from compare.training.cases import Case, optimizer
from minicnn import config
from minicnn.optimizers import SGD, Adam, Optimizer

ADAM = Case("tiny", optimizer("Adam", learning_rate=0.01))
ADAMW = Case("tiny", optimizer("AdamW", learning_rate=0.01, weight_decay=0.01))
NESTEROV = Case("tiny", optimizer("SGD", learning_rate=0.02, momentum=0.9, nesterov=True))
RESIDUAL = Case("residual", optimizer("SGD", learning_rate=0.01))


@pytest.fixture
def reference(monkeypatch):
    """Results of a right library: minicnn's NumPy backend in place of Keras."""
    monkeypatch.setattr(train, "BATCH_SIZE", 4)
    config.set_backend("numpy")

    def answers(case, steps):
        start = train.RestartableModel(MiniCNN(), case).weights()
        return start, list(train.in_keras(MiniCNN(), [(case, start)], steps))

    return answers


@pytest.mark.parametrize(("name", "parameters"), [("convnet", 34826), ("mlp", 266610)])
def test_networks_have_these_numbers_of_parameters(name, parameters):
    model = NETWORKS[name](minicnn)
    assert (model.name, model.input_shape[1:], model.output_shape) == (
        name,
        INPUT_SHAPE,
        (None, 10),
    )
    assert model.count_params() == parameters


def test_deep_has_four_convolutions_and_residual_is_normalised():
    kinds = [type(layer).__name__ for layer in NETWORKS["deep"](minicnn).layers]
    assert kinds.count("Conv2D") == 4
    assert "GlobalAveragePooling2D" in kinds
    layers = NETWORKS["residual"](minicnn).layers
    convolutions = [layer for layer in layers if isinstance(layer, minicnn.layers.Conv2D)]
    normal = [layer for layer in layers if isinstance(layer, minicnn.layers.BatchNormalization)]
    assert len(convolutions) == len(normal) == 9
    assert not any(layer.use_bias for layer in convolutions)


def test_every_optimizer_is_trained_with():
    assert cases.missing() == []
    assert {case.network for case in cases.ALL} == set(NETWORKS)
    assert all(case in cases.ALL for case in cases.QUICK)
    assert {case.optimizer.name for case in cases.QUICK} == {
        case.optimizer.name for case in cases.ALL
    }


def test_an_optimizer_without_a_training_is_reported(monkeypatch):
    monkeypatch.setattr(minicnn.optimizers, "Novel", type("Novel", (Optimizer,), {}), raising=False)
    assert cases.missing() == ["Novel"]


@pytest.mark.parametrize("case", [ADAM, RESIDUAL], ids=lambda case: case.label)
def test_different_rounding_holds(reference, case):
    start, answers = reference(case, 4)
    config.set_backend("numba")
    found = training.compare_training(case, start, 4, iter(answers))
    assert found["holds"], found["wrong"]
    assert 0 < found["at most"]["share"] < 1
    assert found["narrow steps"] > 0
    assert found["curves"]["loss minicnn"] == pytest.approx(found["curves"]["loss keras"], 1e-5)


def _epsilon_inside(monkeypatch):
    right = Adam.update_step

    def wrong(self, *args):
        self.epsilon = 1e-7 * (1 - self.beta_2 ** (int(self.iterations) + 1)) ** 0.5
        right(self, *args)

    monkeypatch.setattr(Adam, "update_step", wrong)


def _no_weight_decay(monkeypatch):
    monkeypatch.setattr(Optimizer, "_apply_weight_decay", lambda *_: None)


def _no_nesterov(monkeypatch):
    right = SGD.__init__
    monkeypatch.setattr(
        SGD, "__init__", lambda self, *a, **kw: right(self, *a, **{**kw, "nesterov": False})
    )


def _momentum_of_statistics(monkeypatch):
    right = minicnn.layers.BatchNormalization
    monkeypatch.setattr(
        minicnn.layers, "BatchNormalization", lambda: right(momentum=0.98, name=None)
    )


@pytest.mark.parametrize(
    ("case", "plant", "tensor"),
    [
        (ADAM, _epsilon_inside, "kernel"),
        (ADAMW, _no_weight_decay, "kernel"),
        (NESTEROV, _no_nesterov, "bias"),
        (RESIDUAL, _momentum_of_statistics, "moving"),
    ],
    ids=lambda x: getattr(x, "__name__", None),
)
def test_a_planted_bug_is_caught_in_the_first_step(reference, monkeypatch, case, plant, tensor):
    start, answers = reference(case, 2)
    plant(monkeypatch)
    found = training.compare_training(case, start, 2, iter(answers))
    assert not found["holds"]
    assert found["first outside"]["step"] == 1
    assert tensor in found["first outside"]["tensor"]
    assert found["wrong"].startswith(f"step 1: {found['first outside']['tensor']} is off by ")


def test_the_first_wrong_step_is_reported(reference, monkeypatch):
    start, answers = reference(ADAM, 8)
    right = Adam.update_step

    def wrong(self, gradient, variable, rate):
        right(self, gradient, variable, rate * (1.01 if int(self.iterations) == 5 else 1))

    monkeypatch.setattr(Adam, "update_step", wrong)
    assert training.compare_training(ADAM, start, 8, iter(answers))["first outside"]["step"] == 6


def test_an_error_and_nan_are_results(reference, monkeypatch):
    start, answers = reference(ADAM, 3)
    monkeypatch.setattr(Adam, "update_step", lambda self, *_: 1 / 0)
    rest = iter([*answers, "the next case"])
    found = training.compare_training(ADAM, start, 3, rest)
    assert found["wrong"] == "minicnn raised ZeroDivisionError: division by zero"
    assert next(rest) == "the next case"
    nan = lambda self, g, variable, rate: variable.assign(variable * np.nan)  # noqa: E731
    monkeypatch.setattr(Adam, "update_step", nan)
    found = training.compare_training(ADAM, start, 3, iter(answers))
    assert (found["holds"], found["first outside"]["step"]) == (False, 1)


def test_a_model_starts_again_from_the_same_weights(reference):
    model = train.RestartableModel(MiniCNN(), ADAM)
    start = model.weights()
    first, second = (list(model.steps(start, train.batches(3))) for _ in range(2))
    assert [step.loss for step in first] == [step.loss for step in second]
    for a, b in zip(first[-1].weights, second[-1].weights, strict=True):
        np.testing.assert_array_equal(a, b)
        assert (a != start[0]).any() if a.shape == start[0].shape else True


def test_perturbed_numbers_are_the_next_floats(rng):
    array = np.float32([0, 1, -3, 0.1])
    found = train.perturbed(array, rng)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found == array, [True, False, False, False])
    np.testing.assert_allclose(found, array, rtol=1.2e-7)


def test_perturbed_by_16_places(rng):
    array = np.float32([0, 1.5, -3, 0.1])
    found = train.perturbed(array, rng, 16)
    wanted = 16 * np.spacing(np.abs(array)) * (array != 0)
    np.testing.assert_array_equal(np.abs(found - array), wanted)


def test_settings_are_perturbed_except_whole_numbers():
    config = {"beta": 0.9, "rate": {"config": {"initial": 0.1, "steps": 5}}, "on": True, "one": 1.0}
    found = train._rounded(config)
    assert found["rate"]["config"]["initial"] == pytest.approx(0.1, 1e-6)
    assert found["rate"]["config"]["initial"] != 0.1 != found["beta"]
    assert (found["one"], found["on"], found["rate"]["config"]["steps"]) == (1.0, True, 5)


def comparison(distances, apart, sizes=1.0):
    steps = len(distances)
    names = [LOSS, "a", "b"]
    sizes = np.full((steps, 3), sizes)
    return Comparison(
        names, [1.0] * steps, [1.0] * steps, np.array(distances), np.array(apart), sizes
    )


def test_the_band_never_narrows_and_is_never_zero():
    found = comparison(np.zeros((3, 3)), [[0, 0, 0], [0, 1e-6, 0], [0, 1e-7, 0]], sizes=2.0)
    wanted = ALLOWED * (np.array([0, 1e-6, 1e-6]) + 2 * UNIT)
    np.testing.assert_allclose(found.band[:, 1], wanted)
    np.testing.assert_allclose(found.band[:, 2], ALLOWED * 2 * UNIT)
    assert found.first_outside() is None
    assert found.narrow_steps == 3


def test_a_perturbed_training_counts_in_proportion_until_it_crosses_a_kink():
    near = np.full((3, 3), 1e-6)
    far = np.array([[9e-4, 16e-6, 32e-6], [0, 2e-3, 16e-6], [16e-6, 16e-6, 32e-6]])
    found = spread(np.array([near, near / 2, far]), (1, 1, 16), np.zeros((3, 3)))
    wanted = [[9e-4 / 16, 1e-6, 2e-6], [1e-6, 2e-3, 16e-6], [16e-6, 16e-6, 32e-6]]
    np.testing.assert_allclose(found, wanted)


@pytest.mark.parametrize(("size", "wanted", "left"), [(1e-4, [4, 8], None), (0, [4], (1, 1))])
def test_more_perturbed_trainings_run_while_minicnn_is_outside(size, wanted, left):
    distances, calls = np.zeros((8, 3)), []
    distances[1:, 1], distances[4:, 2] = 1e-4, 1e-2
    compared = comparison(distances, np.zeros((8, 3)))

    def more(steps):
        calls.append(steps)
        return np.full((steps, 3), steps * size)

    assert training._widen_band(more, compared) == wanted[-1]
    assert calls == wanted
    assert compared.first_outside() == left


def test_more_perturbed_trainings_of_the_first_steps(reference):
    start, answers = reference(ADAM, 2)
    (found,) = train.more_perturbed(MiniCNN(), ADAM, start, 2)
    assert found.shape == answers[-1].shape
    assert (found >= 0.999 * answers[-1]).all()


def test_the_first_step_outside_and_its_furthest_tensor():
    found = comparison([[0, 0, 0], [0, 1e-5, 2e-5], [9, 9, 9]], np.zeros((3, 3)))
    assert found.first_outside() == (1, 2)
    assert found.closest_to_band() == (2, 0)
    described = found.at(1, 2)
    assert (described["step"], described["tensor"], described["difference"]) == (2, "b", 2e-5)
    assert described["share"] == pytest.approx(2e-5 / (16 * 2.0**-24))


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_nan_and_infinity_are_outside(number):
    assert comparison([[0, number, 0]], np.zeros((1, 3))).first_outside() == (0, 1)


def test_a_band_that_is_wide_from_the_start_proves_nothing():
    found = comparison(np.zeros((2, 3)), np.full((2, 3), 0.1))
    assert found.narrow_steps == 0
    assert training.verdict(found)["wrong"] == training.NOTHING


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--only", "no such thing"], "no training has 'no such thing' in its label"),
        (["--steps", "0"], "expected a whole number from 1, but got '0'"),
        (["--backend", "theano"], "invalid choice: 'theano'"),
    ],
)
def test_bad_input(arguments, sentence, capfd):
    try:
        assert main(["training", *arguments]) == 1
    except SystemExit as stop:
        assert stop.code == 2
    assert sentence in capfd.readouterr().err


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.skipif(not importlib.util.find_spec("tensorflow"), reason="needs TensorFlow")
def test_beside_real_keras(tmp_path, capfd):
    file = tmp_path / "training.json"
    arguments = ["training", "--only", "tiny, AdamW", "--steps", "5", "--json", str(file)]
    assert main(arguments) == 0
    assert "1 of 1 trainings of 5 steps hold on tensorflow." in capfd.readouterr().out
    (result,) = json.loads(file.read_text())["results"]
    assert result["holds"]
    assert len(result["curves"]["loss minicnn"]) == len(result["curves"]["share"]) == 5
