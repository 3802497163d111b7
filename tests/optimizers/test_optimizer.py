"""What optimizers have in common: variables, settings, errors, state."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import minicnn
from minicnn import Variable, constraints, ops, optimizers
from minicnn.autodiff import GradientTape

NAMES = [
    *("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl"),
    *("Lion", "Lamb", "Adafactor"),
]
ALL_VARIABLES = {
    "SGD": {"momentum": 0.9},
    "Adam": {"amsgrad": True},
    "RMSprop": {"momentum": 0.9, "centered": True},
}


def _variables(library):
    with library.name_scope("model"):
        return [
            library.Variable(np.ones((3, 2), "float32"), name="kernel"),
            library.Variable(np.ones(2, "float32"), name="bias"),
        ]


def _built(library, name, **settings):
    optimizer = getattr(library.optimizers, name)(**settings)
    optimizer.build(_variables(library))
    return optimizer


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shared", [{}, {"use_ema": True, "gradient_accumulation_steps": 2}])
def test_variables_are_in_the_order_of_keras_files(keras, name, shared):
    settings = {**ALL_VARIABLES.get(name, {}), **shared}
    keras.utils.clear_session()
    ours, theirs = (_built(library, name, **settings) for library in (minicnn, keras))
    described = [[(v.path, tuple(v.shape), v.dtype) for v in o.variables] for o in (ours, theirs)]
    if name in ("Nadam", "Adafactor"):  # Keras names some of these by counting.
        described = [[line[1:] for line in lines] for lines in described]
    assert described[0] == described[1]


@pytest.mark.parametrize("name", NAMES)
def test_configs_are_those_of_keras(keras, name):
    settings = {**ALL_VARIABLES.get(name, {}), "clipnorm": 0.5, "name": "mine"}
    ours = getattr(optimizers, name)(**settings)
    theirs = getattr(keras.optimizers, name)(**settings)
    ours_as_dict = optimizers.serialize(ours)
    assert ours_as_dict == keras.optimizers.serialize(theirs)
    assert keras.saving.deserialize_keras_object(ours_as_dict).get_config() == ours.get_config()
    again = optimizers.deserialize(optimizers.serialize(ours))
    assert type(again) is type(ours) and again.get_config() == ours.get_config()


@pytest.mark.parametrize("name", NAMES)
def test_signatures_are_those_of_keras(keras, name):
    ours, theirs = (
        inspect.signature(getattr(library.optimizers, name)).parameters
        for library in (minicnn, keras)
    )
    assert {n: p.default for n, p in ours.items()} == {n: p.default for n, p in theirs.items()}


def test_a_schedule_is_part_of_the_config(keras):
    optimizer = optimizers.SGD(optimizers.schedules.CosineDecay(0.1, 10), name="mine")
    config = optimizer.get_config()
    theirs = keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 10), name="mine")
    assert config == theirs.get_config()
    assert optimizers.SGD.from_config(config).get_config() == config


def test_get():
    assert isinstance(optimizers.get("rmsprop"), optimizers.RMSprop)
    assert isinstance(optimizers.get({"class_name": "AdamW", "config": {}}), optimizers.AdamW)
    assert optimizers.get(None) is None
    adam = optimizers.Adam()
    assert optimizers.get(adam) is adam
    with pytest.raises(ValueError, match="Did you mean 'adam'"):
        optimizers.get("adamm")
    with pytest.raises(ValueError, match="Could not interpret optimizer"):
        optimizers.get(optimizers.Adam)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"learning_rate": 1}, "should be float"),
        ({"learning_rate": "0.1"}, "should be float"),
        ({"lr": 0.1}, "called `learning_rate`"),
        ({"clipnorm": 1.0, "clipvalue": 1.0}, "Only one of `clipnorm`, `clipvalue` and"),
        ({"use_ema": True, "ema_momentum": 1.5}, "must be in the range"),
        ({"use_ema": True, "ema_overwrite_frequency": 0.5}, "integer >= 1"),
        ({"gradient_accumulation_steps": 1}, "integer >= 2"),
        ({"momentum": 2.0}, r"`momentum` must be a float between \[0, 1\]"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        optimizers.SGD(**settings)


def test_decay_is_ignored_with_a_warning():
    with pytest.warns(UserWarning, match="no longer supported"):
        optimizers.SGD(decay=1e-6)


def test_bad_gradients_are_refused():
    kernel, bias = _variables(minicnn)
    optimizer = optimizers.SGD()
    with pytest.raises(ValueError, match="already be built"):
        optimizer.apply([np.ones((3, 2))])
    with pytest.raises(ValueError, match="1 gradients for 2 variables"):
        optimizer.apply([np.ones((3, 2))], [kernel, bias])
    with pytest.raises(ValueError, match=r"model/bias has shape \(3,\).*shape \(2,\)"):
        optimizer.apply([np.ones((3, 2)), np.ones(3)], [kernel, bias])
    with pytest.raises(ValueError, match="No gradients provided for any variable"):
        optimizer.apply([None, None], [kernel, bias])
    with pytest.raises(ValueError, match="Unknown variable"):
        optimizer.apply([np.ones(2)], [Variable(np.ones(2))])
    with pytest.warns(UserWarning, match="do not exist for variables.*model/bias"):
        optimizer.apply([np.ones((3, 2)), None], [kernel, bias])
    np.testing.assert_array_equal(bias.numpy(), 1)
    assert int(optimizer.iterations) == 1


def test_learning_rate_can_be_set_and_replaced():
    optimizer = optimizers.SGD(0.5)
    optimizer.learning_rate = 0.25
    assert float(optimizer.learning_rate) == 0.25
    assert len(optimizer.variables) == 2
    optimizer.learning_rate = optimizers.schedules.PolynomialDecay(optimizer.learning_rate, 4)
    assert [v.name for v in optimizer.variables] == ["iteration"]
    assert float(optimizer.learning_rate) == 0.25
    with pytest.raises(TypeError, match="not settable"):
        optimizer.learning_rate = 0.1


def test_learning_rate_may_be_a_function():
    w = Variable([1.0, 2.0])
    optimizer = optimizers.SGD(lambda: 0.5)
    optimizer.apply_gradients([([1.0, 1.0], w)])
    np.testing.assert_allclose(w.numpy(), [0.5, 1.5])


@pytest.mark.parametrize(
    "excluded", [{"var_names": ["bias"]}, {"var_names": ["other", "model/b"]}, {"var_list": [1]}]
)
def test_variables_can_be_left_out_of_weight_decay(excluded):
    kernel, bias = _variables(minicnn)
    if "var_list" in excluded:
        excluded = {"var_list": [bias]}
    optimizer = optimizers.SGD(0.5, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(**excluded)
    optimizer.apply([np.zeros((3, 2)), np.zeros(2)], [kernel, bias])
    np.testing.assert_allclose(kernel.numpy(), 0.75)
    np.testing.assert_allclose(bias.numpy(), 1)


def test_constraints_hold_after_a_step():
    w = Variable([0.5, -0.5])
    w.constraint = constraints.NonNeg()
    optimizers.SGD(0.1).apply([[1.0, 1.0]], [w])
    np.testing.assert_allclose(w.numpy(), [0.4, 0.0])


def test_clipping_keeps_zero_gradients_and_shows_infinite_ones():
    optimizer = optimizers.SGD(clipnorm=1.0)
    zero = ops.zeros((3,))
    np.testing.assert_array_equal(optimizer._clip_gradients([zero])[0].numpy(), 0)
    optimizer = optimizers.SGD(global_clipnorm=1.0)
    clipped = optimizer._clip_gradients([zero, ops.convert_to_tensor([np.inf])])
    assert all(np.isnan(g.numpy()).all() for g in clipped)


@pytest.mark.parametrize("name", NAMES)
def test_a_step_replaces_values_and_writes_into_none(backend, name):
    gradient = np.full((300, 200), 0.5, "float32")
    w = Variable(np.ones((300, 200), "float32"))
    optimizer = getattr(optimizers, name)(
        **ALL_VARIABLES.get(name, {}), weight_decay=0.1, use_ema=True
    )
    optimizer.apply([gradient], [w])
    before = [v.value for v in (w, *optimizer.variables)]
    copies = [tensor.numpy() for tensor in before]
    optimizer.apply([gradient], [w])
    assert (w.numpy() != copies[0]).all()
    for tensor, copied in zip(before, copies, strict=True):
        np.testing.assert_array_equal(tensor.numpy(), copied)
    assert (gradient == 0.5).all()


def test_stateless_apply_changes_nothing():
    w = Variable(np.arange(6.0, dtype="float32").reshape(3, 2))
    twin = Variable(w.numpy())
    optimizer, same = optimizers.Adam(0.1), optimizers.Adam(0.1)
    with pytest.raises(ValueError, match="must be built"):
        optimizer.stateless_apply([], [], [])
    optimizer.build([w])
    state = [v.numpy() for v in optimizer.variables]
    weights = [w.numpy()]
    for step in range(3):
        gradient = np.full((3, 2), step + 0.5, "float32")
        weights, state = optimizer.stateless_apply(state, [gradient], weights)
        same.apply([gradient], [twin])
    np.testing.assert_array_equal(weights[0].numpy(), twin.numpy())
    assert int(state[0]) == 3 and int(optimizer.iterations) == 0
    np.testing.assert_array_equal(w.numpy(), np.arange(6).reshape(3, 2))
    with pytest.raises(ValueError, match="expected 4 tensors"):
        optimizer.stateless_apply(state[:2], [gradient], weights)


@pytest.mark.parametrize("name", NAMES)
def test_copies_and_pickles_go_on_where_they_stood(name):
    w = Variable(np.ones((3, 2), "float32"))
    optimizer = getattr(optimizers, name)(learning_rate=0.1)
    gradient = np.array([[1, -2], [3, 0.5], [0.1, 1]], "float32")
    optimizer.apply([gradient], [w])
    copies = [copy.deepcopy((optimizer, w)), pickle.loads(pickle.dumps((optimizer, w)))]
    optimizer.apply([gradient], [w])
    for optimizer_copy, w_copy in copies:
        assert optimizer_copy.get_config() == optimizer.get_config()
        optimizer_copy.apply([gradient], [w_copy])
        np.testing.assert_array_equal(w_copy.numpy(), w.numpy())


def test_weights_can_be_set_and_stored():
    w = Variable(np.ones(3, "float32"))
    first, second = optimizers.Adam(), optimizers.Adam()
    first.apply([np.ones(3)], [w])
    with pytest.raises(ValueError, match="You are calling"):
        second.set_weights(first.variables)
    second.build([w])
    second.set_weights([v.numpy() for v in first.variables])
    for v1, v2 in zip(first.variables, second.variables, strict=True):
        np.testing.assert_array_equal(v1.numpy(), v2.numpy())
    store = {}
    first.save_own_variables(store)
    third = optimizers.Adam()
    with pytest.warns(UserWarning, match="has 2 variables whereas the saved optimizer has 4"):
        third.load_own_variables(store)
    third.build([w])
    third.load_own_variables(store)
    assert int(third.iterations) == 1


def test_an_optimizer_of_ones_own():
    class Momentum(optimizers.Optimizer):
        def build(self, variables):
            super().build(variables)
            self.m = [
                self.add_variable_from_reference(reference_variable=v, name="m") for v in variables
            ]

        def update_step(self, gradient, variable, learning_rate):
            learning_rate = ops.cast(learning_rate, variable.dtype)
            m = self.m[self._get_variable_index(variable)]
            self.assign(m, ops.subtract(ops.multiply(m, 0.9), gradient * learning_rate))
            self.assign_add(variable, m)

    w, twin = Variable([1.0, 2.0]), Variable([1.0, 2.0])
    mine, theirs = Momentum(0.1), optimizers.SGD(0.1, momentum=0.9)
    for _ in range(3):
        mine.apply([[1.0, -1.0]], [w])
        theirs.apply([[1.0, -1.0]], [twin])
    np.testing.assert_allclose(w.numpy(), twin.numpy(), rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_every_optimizer_gets_down_a_bowl(name):
    rate = {"Adadelta": 20.0, "Ftrl": 0.5, "Adagrad": 0.5}.get(name, 0.05)
    w = Variable(np.array([1.0, -2.0, 3.0], "float32"))
    optimizer = getattr(optimizers, name)(learning_rate=rate)
    for _ in range(100):
        with GradientTape() as tape:
            loss = ops.sum(ops.square(w))
        optimizer.apply(tape.gradient(loss, [w]), [w])
    assert float(ops.sum(ops.square(w))) < 7


def test_no_variables_is_no_work():
    optimizer = optimizers.Nadam()
    optimizer.build([])
    optimizer.apply([])
    assert int(optimizer.iterations) == 0


@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop"])
def test_the_value_of_a_single_number_stays_an_array(backend, name):
    variable = Variable(np.float32(2.0))
    getattr(optimizers, name)(0.1).apply([np.float32(1.0)], [variable])
    assert isinstance(variable.value.array, np.ndarray)
    np.asarray(variable)


@pytest.mark.parametrize("name", ["Adam", "AdamW", "SGD", "RMSprop"])
def test_all_variables_at_once_change_as_one_by_one(name, backend, rng):
    """One optimizer for five variables does what five optimizers for one variable each do."""
    cls = getattr(minicnn.optimizers, name)
    shapes = (70, 90), (90,), (90, 3), (3,), ()
    values = [rng.standard_normal(shape).astype("float32") for shape in shapes]
    together, alone = ([Variable(value) for value in values] for _ in range(2))
    optimizer, single = cls(0.01), [cls(0.01) for _ in values]
    for _ in range(4):
        grads = [rng.standard_normal(shape).astype("float32") for shape in shapes]
        optimizer.apply(grads, together)
        for one, gradient, variable in zip(single, grads, alone, strict=True):
            one.apply([gradient], [variable])
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_array_equal(one, other)
    state = [list(column) for column in zip(*(one.variables[2:] for one in single), strict=True)]
    kinds = len(state)
    for i, kind in enumerate(state):
        for one, other in zip(optimizer.variables[2 + i :: kinds], kind, strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_step_leaves_the_arrays_that_others_hold(rng):
    w = Variable(rng.standard_normal((50, 60)).astype("float32"))
    optimizer = minicnn.optimizers.Adam(0.1)
    held = []
    for _ in range(3):
        optimizer.apply([rng.standard_normal((50, 60)).astype("float32")], [w])
        held.append((w.value.array, w.numpy()))
    for array, kept in held:
        np.testing.assert_array_equal(array, kept)
