import importlib.util
import json

import numpy as np
import pytest

import minicnn
from compare import training
from compare.cli.main import main
from compare.libraries.minicnn import MiniCNN
from compare.networks import INPUT_SHAPE, NETWORKS
from compare.training import branches, cases, train
from compare.training.cases import Case, optimizer
from compare.training.comparison import Judge
from compare.training.fit import Fit
from compare.training.limits import Limits
from compare.training.step import change, least_rounding, measure, names, sizes
from minicnn import config
from minicnn.optimizers import SGD, Adam, Optimizer

ADAM = Case("tiny", optimizer("Adam", learning_rate=0.01))
ADAMW = Case("tiny", optimizer("AdamW", learning_rate=0.01, weight_decay=0.01))
NESTEROV = Case("tiny", optimizer("SGD", learning_rate=0.02, momentum=0.9, nesterov=True))
MOMENTUM = Case("tiny", optimizer("SGD", learning_rate=0.02, momentum=0.9))
LION = Case("tiny", optimizer("Lion", learning_rate=0.001))
RESIDUAL = Case("residual", optimizer("SGD", learning_rate=0.01))
CONVNET = Case("convnet", optimizer("Adam"))
PLAIN = Case("convnet", optimizer("SGD", learning_rate=0.1))


@pytest.fixture
def reference(monkeypatch):
    """Results of a right library: minicnn's NumPy backend in place of Keras."""
    monkeypatch.setattr(train, "BATCH_SIZE", 4)
    config.set_backend("numpy")

    def answers(case, steps, seed=0):
        start = train.StepModel(MiniCNN(), case, seed).state()
        return start, list(train.in_keras(MiniCNN(), [(case, start)], steps, seed))

    return answers


def compared(case, start, answers, seed=0):
    config.set_backend("numba")
    return training.compare_training(case, start, len(answers), iter(answers), seed)


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


def test_only_schedule_free_steps_on_tensorflow_are_known_to_differ():
    for backend in ("tensorflow", "jax", "torch"):
        known = {c.optimizer.name for c in cases.ALL if cases.known_difference(c, backend)}
        assert known == ({"optimizers.ScheduleFreeAdamW"} if backend == "tensorflow" else set())


# Right code is not accused


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("case", [ADAM, MOMENTUM, LION], ids=lambda case: case.label)
def test_different_rounding_holds(reference, case, seed):
    start, answers = reference(case, 12, seed)
    found = compared(case, start, answers, seed)
    assert found["holds"], found["wrong"]
    assert 0 < found["at most"]["share"] < 1
    assert found["curves"]["loss minicnn"] == pytest.approx(found["curves"]["loss keras"], 1e-5)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("case", [RESIDUAL, CONVNET], ids=lambda case: case.label)
def test_different_rounding_holds_in_networks_with_kinks(reference, case, seed):
    start, answers = reference(case, 3, seed)
    found = compared(case, start, answers, seed)
    assert found["holds"], found["wrong"]


def test_the_sensitivity_is_measured_and_does_not_get_worse(reference):
    start, answers = reference(ADAM, 30)
    found = compared(ADAM, start, answers)
    assert found["sensitivity"]["learning rate"]["smallest"] < 1e-3
    assert found["sensitivity"]["worst"]["smallest"] < 1e-2
    assert found["sensitivity"]["quantities"] == 14  # loss, 4 weights, 8 moments, iterations
    kinds = {kind: s["quantities"] for kind, s in found["sensitivity"]["kinds"].items()}
    assert sorted(kinds.values()) == [1, 4, 9]
    steps = found["sensitivity"]["steps"]
    assert steps[0]["step"] == 16 and steps[-1]["step"] == 30
    assert all(step["worst"]["smallest"] < 1e-2 for step in steps)
    every = training.overall_sensitivity([found, found])
    assert every["quantities"] == 2 and set(every["kinds"]) == {*kinds, training.TOGETHER}


# Planted bugs


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


def _momentum_a_little_off(monkeypatch):
    right = SGD.__init__
    monkeypatch.setattr(
        SGD, "__init__", lambda self, *a, **kw: right(self, *a, **{**kw, "momentum": 0.9003})
    )


def _momentum_of_statistics(monkeypatch):
    right = minicnn.layers.BatchNormalization
    monkeypatch.setattr(
        minicnn.layers, "BatchNormalization", lambda: right(momentum=0.98, name=None)
    )


def _loss_weights(monkeypatch):
    right = minicnn.Model.compile
    monkeypatch.setattr(
        minicnn.Model, "compile", lambda self, **kw: right(self, **kw, loss_weights=1.0005)
    )


@pytest.mark.parametrize(
    ("case", "plant", "quantity", "step"),
    [
        (ADAM, _epsilon_inside, "update of", 1),
        (ADAMW, _no_weight_decay, "update of", 1),
        (NESTEROV, _no_nesterov, "update of", 1),
        (MOMENTUM, _momentum_a_little_off, "momentum", 2),
        (RESIDUAL, _momentum_of_statistics, "moving", 1),
        (MOMENTUM, _loss_weights, "", 1),
    ],
    ids=lambda x: getattr(x, "__name__", None),
)
def test_a_planted_bug_is_caught(reference, monkeypatch, case, plant, quantity, step):
    start, answers = reference(case, 3)
    plant(monkeypatch)
    found = compared(case, start, answers)
    assert not found["holds"]
    first = found["first outside"]
    assert first["step"] == step
    assert quantity in first["tensor"]
    assert found["wrong"].startswith(f"step {step}: {first['tensor']} is off by ")


@pytest.mark.parametrize("factor", [1.1, 1.001])
@pytest.mark.parametrize("case", [ADAM, CONVNET], ids=lambda case: case.network)
def test_a_learning_rate_that_is_wrong_from_a_step_on(reference, monkeypatch, case, factor):
    start, answers = reference(case, 4)
    right = Adam.update_step

    def wrong(self, gradient, variable, rate):
        right(self, gradient, variable, rate * (factor if int(self.iterations) >= 2 else 1))

    monkeypatch.setattr(Adam, "update_step", wrong)
    found = compared(case, start, answers)
    assert found["first outside"]["step"] == 3
    assert "update of" in found["first outside"]["tensor"]


@pytest.mark.parametrize("case", [MOMENTUM, CONVNET, RESIDUAL], ids=lambda case: case.network)
def test_a_gradient_that_is_wrong_by_a_two_hundredth(reference, monkeypatch, case):
    """With four images, so that Winograd's error reaches many kinks of `residual`."""
    start, answers = reference(case, 2)
    right, base = Optimizer.apply, SGD if "SGD" in case.label else Adam

    def wrong(self, gradients, variables=None):
        gradients = list(gradients)
        gradients[2] = gradients[2] * 1.005
        right(self, gradients, variables)

    monkeypatch.setattr(base, "apply", wrong)
    found = compared(case, start, answers)
    assert found["first outside"]["step"] == 1


def test_one_wrong_entry_of_an_update_is_noticed(reference, monkeypatch):
    start, answers = reference(ADAM, 2)
    right = Adam.update_step

    def wrong(self, gradient, variable, rate):
        right(self, gradient, variable, rate)
        if variable.ndim == 2:
            value = variable.numpy()
            value[3, 4] += 2e-5
            variable.assign(value)

    monkeypatch.setattr(Adam, "update_step", wrong)
    assert compared(ADAM, start, answers)["first outside"]["step"] == 1


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


# Kinks


def near_a_kink(reference, distance):
    """A convnet with one pre-activation of its first layer at this distance from zero."""
    start, _ = reference(PLAIN, 1)
    exact, batch = branches.ExactModel(PLAIN), next(train.batches(1))
    with exact._truth.settings():
        exact._steps.set(start)
        images, kernel = batch.images.astype("float64"), start.weights[0].astype("float64")
        before = minicnn.ops.conv(images, kernel).numpy()[..., 7]
        # The largest of its 2 x 2 window, so that the pool passes its gradient on.
        windows = before.reshape(len(before), 13, 2, 13, 2).max((2, 4))
        start.weights[1][7] = distance - np.sort(windows.ravel())[windows.size // 2]
    return start, batch, exact


@pytest.mark.parametrize(("distance", "close"), [(2e-8, True), (-2e-8, True), (1e-5, False)])
def test_only_units_within_rounding_of_a_kink_get_an_allowance(reference, distance, close):
    start, batch, exact = near_a_kink(reference, distance)
    found = exact.allowance(start, batch)
    assert ("relu" in [unit.operation for unit in found.units]) == close


def test_another_branch_of_a_unit_at_a_kink_is_allowed_and_nothing_more(reference):
    (up, batch, exact), (down, *_) = (near_a_kink(reference, d) for d in (2e-8, -2e-8))
    model = train.StepModel(MiniCNN(), PLAIN)
    config.set_backend("numpy")
    one, other = (change(up, model.step(up, batch)) for up in (up, down))
    limits = 1e-6 * np.array([[np.linalg.norm(b)] * 2 for b in other]) + 1e-12
    allowance = exact.allowance(up, batch)
    left = allowance.fit(one, other, limits).distances()
    before = measure(one, other)
    first, second = 1, 3  # the update of the second layer does not depend on the branch
    assert before[first, 0] > 1e-6 * np.linalg.norm(other[first])
    assert left[first, 0] < 0.1 * before[first, 0]
    wrong = allowance.fit(one, other, limits).distances([second], 1.001)
    assert wrong[second, 0] > 5e-4 * np.linalg.norm(other[second])


# The fit of branches


@pytest.fixture
def branching(rng):
    """Directions of 30 units in 5 quantities, a step, and one with half of the branches taken."""
    shapes = [(4, 5), (7,), (3, 3, 8), (40,), (6,)]
    directions = [[1e-3 * rng.normal(size=s) for s in shapes] for _ in range(30)]
    wanted = [rng.normal(size=s) for s in shapes]
    taken = rng.integers(-1, 2, 30)
    found = [
        w + sum(c * d[q] for c, d in zip(taken, directions, strict=True))
        for q, w in enumerate(wanted)
    ]
    limits = np.array([[1e-6 * np.linalg.norm(w)] * 2 for w in wanted])
    return directions, found, wanted, limits


def test_a_combination_of_branches_is_explained_and_a_wrong_factor_is_not(branching):
    directions, found, wanted, limits = branching
    fit = Fit(directions, found, wanted, limits)
    assert (measure(found, wanted) > 100 * limits).any()
    assert (fit.distances() < limits).all()
    for q in range(len(found)):
        assert (fit.distances([q], 1.001) > limits).any()


def test_no_branch_is_taken_twice(branching):
    directions, found, wanted, limits = branching
    twice = [w + 3 * (a - w) for a, w in zip(found, wanted, strict=True)]
    assert (Fit(directions, twice, wanted, limits).distances() > 100 * limits).any()


def test_a_fit_measures_the_same_as_a_step(branching):
    _, found, wanted, limits = branching
    fit = Fit([], found, wanted, limits)
    np.testing.assert_allclose(fit.distances(), measure(found, wanted), rtol=1e-6)
    changed = [a * 1.5 if q == 2 else a for q, a in enumerate(found)]
    np.testing.assert_allclose(fit.distances([2], 1.5), measure(changed, wanted), rtol=1e-6)


def test_quantities_that_do_not_change_must_not_change(branching):
    directions, found, wanted, limits = branching
    wanted[4] = 0 * wanted[4]
    limits[4] = 0
    assert (Fit(directions, found, wanted, limits).distances()[4] > 0.1).all()


@pytest.mark.parametrize("optimizer", [RESIDUAL.optimizer, CONVNET.optimizer], ids=repr)
def test_one_wrong_beta_or_kernel_is_seen_however_many_units_are_close(reference, optimizer):
    """With the error of Winograd's algorithm, which reaches dozens of kinks of four images."""
    case = Case("residual", optimizer)
    start, (keras,) = reference(case, 1)
    config.set_backend("numba")
    batch, model = next(train.batches(1)), train.StepModel(MiniCNN(), case)
    wanted, found = change(start, keras.step), change(start, model.step(start, batch))
    least = least_rounding(start, keras.step, wanted)
    limits = Limits().of_step(keras.rounding, keras.settings, sizes(wanted), least)
    allowance = branches.ExactModel(case).allowance(start, batch, algorithms=True)
    judge = Judge(found, wanted, limits, allowance)
    assert len(allowance.units) > 20
    assert not judge.notices()
    for q, name in enumerate(names(model.names, model.state_names)):
        if name.startswith("update") and name.endswith(("beta", "kernel")):
            assert judge.notices([q], 1.25), name
            assert judge.notices([q], 1.01), name


def test_a_jump_of_the_optimizer_is_no_difference_and_a_larger_one_is():
    wanted, found = [np.array([0.01, -0.01, 0.01])], [np.array([0.01, 0.01, 0.01])]
    limits, jumps = np.full((1, 2), 1e-8), [np.array([0.0, 0.02, 0.0])]
    allowance = branches.Allowance([], jumps, [])
    assert (allowance.fit(found, wanted, limits).distances() < limits).all()
    further = [found[0] * [1, 2, 1]]
    assert (allowance.fit(further, wanted, limits).distances() > limits).any()


# Parts


def test_a_step_starts_from_the_given_numbers(reference):
    model = train.StepModel(MiniCNN(), ADAM)
    start = model.state()
    batch, other = train.batches(2)
    first = model.step(start, batch)
    model.step(first.state, other)
    again = model.step(start, batch)
    assert first.loss == again.loss
    for a, b in zip([*first.state[0], *first.state[1]], [*again.state[0], *again.state[1]],
                    strict=True):  # fmt: skip
        np.testing.assert_array_equal(a, b)


def test_perturbed_numbers_are_the_next_floats(rng):
    array = np.float32([0, 1, -3, 0.1])
    found = train.perturbed(array, rng)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found == array, [True, True, True, False])
    np.testing.assert_allclose(found, array, rtol=1.2e-7)
    np.testing.assert_array_equal(train.perturbed(np.int32([1, 2]), rng), [1, 2])


def test_settings_are_perturbed_except_whole_numbers():
    config = {"beta": 0.9, "rate": {"config": {"initial": 0.1, "steps": 5}}, "on": True, "one": 1.0}
    found = train._rounded(config)
    assert found["rate"]["config"]["initial"] == pytest.approx(0.1, 1e-6)
    assert found["rate"]["config"]["initial"] != 0.1 != found["beta"]
    assert (found["one"], found["on"], found["rate"]["config"]["steps"]) == (1.0, True, 5)


def test_a_repetition_that_crosses_a_kink_does_not_widen_the_limit():
    limits, size = Limits(), np.array([1.0])
    none, least = np.zeros((1, 2)), np.zeros((1, 2))
    smooth, jump = np.full((2, 1, 2), 1e-7), np.array([[[1e-7, 1e-7]], [[1e-2, 1e-2]]])
    narrow = limits.of_step(smooth, none, size, least)
    np.testing.assert_allclose(limits.of_step(jump, none, size, least), narrow)
    lucky = np.array([[[1e-12, 1e-12]], [[1e-7, 1e-7]]])
    np.testing.assert_allclose(limits.of_step(lucky, none, size, least), narrow)


def test_a_wrong_factor_shows_along_the_change(rng):
    wanted = [rng.normal(size=(40, 50))]
    noise = 1e-4 * rng.normal(size=(40, 50))
    (norm, along), (_, scaled) = (
        measure([wanted[0] * factor + noise], wanted)[0] for factor in (1.0, 1.0001)
    )
    assert along < 0.1 * norm
    assert scaled == pytest.approx(1e-4 * np.linalg.norm(wanted[0]), rel=0.2)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--only", "no such thing"], "no training has 'no such thing' in its name"),
        (["--steps", "0"], "expected a whole number from 1, but got '0'"),
        (["--backend", "theano"], "invalid choice: 'theano'"),
    ],
)
def test_bad_input(arguments, sentence, capfd):
    try:
        assert main(["training", *arguments]) == 1
    except SystemExit as stop:
        assert stop.code == 2
    assert sentence in " ".join(capfd.readouterr().err.split())


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


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.skipif(not importlib.util.find_spec("tensorflow"), reason="needs TensorFlow")
def test_the_reason_why_an_optimizer_is_not_trained_with_is_shown(tmp_path, capfd):
    file = tmp_path / "training.json"
    assert main(["training", "--only", "ScheduleFree", "--steps", "2", "--json", str(file)]) == 0
    printed = " ".join(capfd.readouterr().out.split())
    assert "Keras on tensorflow reads z after the step, where the paper has z" in printed
    found = json.loads(file.read_text())
    assert found["results"] == [] and len(found["summary"]["known differences"]) == 1


def test_the_error_of_an_algorithm_reaches_more_units(reference):
    start, _ = reference(PLAIN, 1)
    config.set_backend("numba")
    exact, batch = branches.ExactModel(PLAIN), next(train.batches(1))
    few, many = (exact.allowance(start, batch, algorithms).units for algorithms in (False, True))
    assert len(many) > len(few)
    assert set(few) <= set(many)
