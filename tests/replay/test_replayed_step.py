"""Replayed steps do exactly what executed ones do, and steps that could differ are executed."""

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers, ops
from minicnn.replay.program import Recording
from minicnn.replay.reachable import Reachable
from minicnn.replay.replayed_step import ReplayedStep
from minicnn.trainers.step_as_text import step_as_text
from minicnn.trainers.steps import Steps

ROWS = 44  # 11 batches of 4


@pytest.fixture(autouse=True)
def steps(monkeypatch):
    """How many steps were executed normally, and how many replayed."""
    counts = {"executed": 0, "replayed": 0}
    call, record = ReplayedStep.__call__, ReplayedStep._record

    def counted(self, data):
        counts["replayed"] += 1
        return call(self, data)

    def counted_record(self, *arguments):
        counts["executed"] += 1
        counts["replayed"] -= 1
        return record(self, *arguments)

    monkeypatch.setattr(ReplayedStep, "__call__", counted)
    monkeypatch.setattr(ReplayedStep, "_record", counted_record)
    return counts


def images(rows=ROWS, channels=2):
    generator = np.random.default_rng(7)
    x = generator.normal(size=(rows, 6, 6, channels)).astype("float32")
    return x, generator.integers(0, 3, rows)


def sequential(*stack, shape=(6, 6, 2)):
    return keras.Sequential([keras.Input(shape), *stack])


def head():
    return layers.Flatten(), layers.Dense(3, activation="softmax")


def residual():
    x = keras.Input((6, 6, 2))
    y = layers.Conv2D(4, 3, padding="same", use_bias=False)(x)
    y = layers.ReLU()(layers.BatchNormalization()(y))
    z = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(y))
    z = layers.ReLU()(layers.Add()([y, z]))
    return keras.Model(x, layers.Dense(3, activation="softmax")(layers.GlobalMaxPooling2D()(z)))


def twice_the_same_layer():
    x = keras.Input((6, 6, 2))
    shared, normalization = layers.Dense(2, activation="tanh"), layers.BatchNormalization()
    y = normalization(shared(normalization(shared(x))))
    return keras.Model(x, layers.Dense(3, activation="softmax")(layers.Flatten()(y)))


NETS = {
    "mlp": lambda: sequential(layers.Flatten(), layers.Dense(5, activation="relu"), *head()[1:]),
    "dropout": lambda: sequential(*head()[:1], layers.Dropout(0.4), *head()[1:]),
    "noise": lambda: sequential(layers.GaussianNoise(0.3), *head()),
    "convolution": lambda: sequential(
        layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(), *head()
    ),
    "residual": residual,
    "shared": twice_the_same_layer,
    "penalty": lambda: sequential(
        layers.Conv2D(3, 3, kernel_regularizer="l2", kernel_constraint="max_norm"), *head()
    ),
    "inside": lambda: sequential(
        sequential(layers.Conv2D(3, 2), layers.SpatialDropout2D(0.3), shape=(6, 6, 2)), *head()
    ),
    "groups": lambda: sequential(
        layers.DepthwiseConv2D(3), layers.LayerNormalization(), layers.PReLU(), *head()
    ),
}
SETTINGS = {
    "mlp": {"optimizer": "sgd"},
    "residual": {"optimizer": keras.optimizers.SGD(0.1, momentum=0.9, global_clipnorm=1.0)},
    "dropout": {"optimizer": keras.optimizers.Adam(0.01, gradient_accumulation_steps=2)},
    "convolution": {"weighted_metrics": ["accuracy"]},
}


def trained(make, replay, fit=None, **settings):
    """A model's History and weights, and what it predicts, from one seed."""
    keras.utils.set_random_seed(5)
    model = make()
    settings = {
        "optimizer": "adam",
        "loss": "sparse_categorical_crossentropy",
        "metrics": ["accuracy"],
        **settings,
    }
    if not isinstance(settings["optimizer"], str):
        settings["optimizer"] = type(settings["optimizer"]).from_config(
            settings["optimizer"].get_config()
        )
    model.compile(**settings, run_eagerly=not replay)
    x, y = images()
    fit = {"x": x, "y": y, "epochs": 2, "batch_size": 4, "verbose": 0, **(fit or {})}
    history = model.fit(**fit).history
    evaluated = model.evaluate(fit["x"], fit["y"], batch_size=4, verbose=0)
    return history, evaluated, model.predict(fit["x"], batch_size=4, verbose=0), model


def assert_the_same(one, other):
    assert one[0] == other[0]
    np.testing.assert_array_equal(one[1], other[1])
    for a, b in zip(keras.tree.flatten(one[2]), keras.tree.flatten(other[2]), strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(one[3].weights, other[3].weights, strict=True):
        np.testing.assert_array_equal(a, b, err_msg=a.path)


@pytest.mark.parametrize("net", NETS)
def test_training_is_the_same_to_the_last_bit(net, steps):
    executed = trained(NETS[net], replay=False, **SETTINGS.get(net, {}))
    assert not steps["replayed"]
    replayed = trained(NETS[net], replay=True, **SETTINGS.get(net, {}))
    assert steps["replayed"] >= 4 * (11 - 4)  # two epochs, evaluation, prediction
    assert_the_same(executed, replayed)


@pytest.mark.parametrize(
    "fit",
    [
        {"sample_weight": np.linspace(0, 2, ROWS)},
        {"class_weight": {0: 1.0, 1: 3.0, 2: 0.5}},
        {"validation_split": 0.5},
        {"batch_size": 5},
        {"shuffle": "batch"},
    ],
)
def test_any_way_to_fit_is_the_same(fit, steps):
    executed = trained(NETS["convolution"], False, fit)
    replayed = trained(NETS["convolution"], True, fit)
    assert steps["replayed"] > 20
    assert_the_same(executed, replayed)


LOSSES = [
    name
    for name, loss in vars(keras.losses).items()
    if isinstance(loss, type)
    and issubclass(loss, keras.losses.Loss)
    and name not in ("Loss", "LossFunctionWrapper", "Circle")
]


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_is_replayed_exactly(loss, steps):
    classes = np.eye(3, dtype="float32")[images()[1]]
    labels = images()[1] if "Sparse" in loss or "Generalized" in loss else classes
    settings = {"loss": getattr(keras.losses, loss)(), "metrics": None}
    results = [trained(NETS["mlp"], replay, {"y": labels}, **settings) for replay in (False, True)]
    assert steps["replayed"] > 20
    assert_the_same(*results)


def test_several_inputs_and_outputs_by_name(steps):
    def make():
        a, b = keras.Input((6, 6, 2), name="a"), keras.Input((4,), name="b")
        y = layers.Concatenate()([layers.Flatten()(a), b])
        outputs = {"class": layers.Dense(3)(y), "value": layers.Dense(1)(y)}
        return keras.Model({"a": a, "b": b}, outputs)

    x, y = images()
    fit = {
        "x": {"a": x, "b": x[:, 0, :2].reshape(ROWS, 4)},
        "y": {"class": y, "value": x[:, 0, 0, :1]},
    }
    loss = {
        "class": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "value": "mse",
    }
    settings = {"loss": loss, "loss_weights": {"class": 1.0, "value": 0.3}, "metrics": None}
    results = [trained(make, replay, fit, **settings) for replay in (False, True)]
    assert steps["replayed"] > 20
    assert_the_same(*results)


class Counting(layers.Layer):
    calls = 0

    def call(self, x):
        Counting.calls += 1
        return x


def counting_function(*x):
    Counting.calls += 1
    return ops.mean(ops.square(x[0]), axis=-1)


def counting_regularizer(w):
    return ops.mean(counting_function(w))


class CountingMetric(keras.metrics.Mean):
    def update_state(self, y_true, y_pred, sample_weight=None):
        Counting.calls += 1
        super().update_state(y_pred)


@pytest.mark.parametrize(
    ("stack", "settings"),
    [
        (lambda: [Counting()], {}),
        (lambda: [layers.Lambda(counting_function)], {}),
        (lambda: [layers.Activation(lambda x: x + counting_function(x)[..., None])], {}),
        (lambda: [layers.Dense(2, kernel_regularizer=counting_regularizer)], {}),
        (lambda: [sequential(layers.Dense(2), Counting())], {}),
        (list, {"loss": lambda y, p: counting_function(p)}),
        (list, {"metrics": [lambda y, p: counting_function(p)]}),
        (list, {"metrics": [CountingMetric()]}),
    ],
)
def test_code_of_users_is_called_in_each_step(stack, settings, steps):
    model = sequential(*stack(), layers.Dense(2), *head())
    model.compile(**{"loss": "sparse_categorical_crossentropy", "optimizer": "sgd", **settings})
    x, y = images()
    model.fit(x[:4], y[:4], batch_size=4, verbose=0)
    Counting.calls = 0
    model.fit(x, y, batch_size=4, verbose=0)
    assert Counting.calls >= 11
    assert not steps["replayed"]


def test_what_layers_add_to_the_loss_can_be_read(steps):
    model = sequential(layers.Dense(2, activity_regularizer="l2"), *head())
    model.compile("sgd", "sparse_categorical_crossentropy")
    x, y = images()
    model.fit(x, y, batch_size=4, verbose=0)
    (first,) = model.losses
    model.fit(x, y, batch_size=4, verbose=0)
    assert float(model.losses[0]) != float(first)
    assert not steps["replayed"]


def change_rate(model):
    model.layers[1].rate = 0.9


def freeze(model):
    model.layers[2].trainable = False


def freeze_one_variable(model):
    model.layers[2].kernel.trainable = False


def no_fusion(model):
    keras.config.set_fusion(False)


def other_activation(model):
    model.layers[0].activation = keras.activations.tanh


def other_learning_rate(model):
    model.optimizer.learning_rate = 0.3


def other_weights(model):
    model.set_weights([w * 0.5 for w in model.get_weights()])


@pytest.mark.parametrize(
    "change",
    [
        change_rate,
        freeze,
        freeze_one_variable,
        no_fusion,
        other_activation,
        other_learning_rate,
        other_weights,
    ],
)
def test_a_change_in_the_middle_of_an_epoch_counts(change, steps):
    class Changing(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 7:
                change(self.model)

    def make():
        first, second = layers.Conv2D(4, 3, activation="relu"), layers.Conv2D(3, 2)
        return sequential(first, layers.Dropout(0.2), second, *head())

    x, y = images(80)
    results = []
    try:
        for replay in (False, True):
            keras.config.set_fusion(True)
            fit = {"x": x, "y": y, "callbacks": [Changing()], "epochs": 1}
            results.append(trained(make, replay, fit))
    finally:
        keras.config.set_fusion(True)
    assert steps["replayed"] > 5
    assert_the_same(*results)
    assert_unlike(trained(make, True, {"x": x, "y": y, "epochs": 1}), results[0])


def assert_unlike(one, other):
    pairs = zip(one[3].weights, other[3].weights, strict=True)
    assert any((a.numpy() != b.numpy()).any() for a, b in pairs)


@pytest.mark.parametrize("wrong", [3, -1])
def test_wrong_labels_are_refused_as_ever_and_nothing_is_lost(wrong):
    messages, weights = [], []
    for replay in (False, True):
        keras.utils.set_random_seed(2)
        model = NETS["dropout"]()
        model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=not replay)
        x, y = images()
        y[30] = wrong
        with pytest.raises(ValueError) as caught:
            model.fit(x, y, batch_size=4, verbose=0, shuffle=False)
        messages.append(str(caught.value))
        weights.append([w.numpy() for w in [*model.variables, *model.optimizer.variables]])
    assert messages[0] == messages[1]
    for a, b in zip(*weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_not_a_number_among_labels_is_refused_in_replayed_steps_too():
    model = NETS["mlp"]()
    model.compile("adam", "mse")
    x, y = images()
    y = np.eye(3, dtype="float32")[y]
    y[33, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        model.fit(x, y, batch_size=4, verbose=0, shuffle=False)


def test_an_interrupted_step_replayed_leaves_the_step_before(monkeypatch):
    model = NETS["dropout"]()
    model.compile("adam", "sparse_categorical_crossentropy")
    x, y = images()
    after = []

    class Watching(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            after[:] = [w.numpy() for w in self.model.variables]
            if batch == 8:
                monkeypatch.setattr(type(self.model.optimizer), "apply", interrupt)

    def interrupt(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, batch_size=4, verbose=0, callbacks=[Watching()])
    for a, b in zip(after, model.variables, strict=True):
        np.testing.assert_array_equal(a, b.numpy())


def test_steps_of_a_users_model_are_executed(steps):
    class Own(keras.Model):
        steps = 0

        def train_step(self, data):
            Own.steps += 1
            return super().train_step(data)

    x = keras.Input((6, 6, 2))
    model = Own(x, layers.Dense(3)(layers.Flatten()(x)))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(*images(), batch_size=4, verbose=0)
    assert Own.steps == 11
    assert not steps["replayed"]


def test_a_step_can_be_read_and_leaves_the_model_as_it_is():
    model = NETS["dropout"]()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = images()
    before = [w.numpy() for w in model.variables]
    text = step_as_text(model, x[:4], y[:4])
    assert text.startswith("def step(input_1, input_2):\n")
    for kernel in ("dense_forward(", "dense_gradients(", "drop(", "sparse_softmax_cross_entropy("):
        assert kernel in text
    for a, b in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(a, b.numpy())
    assert float(model.metrics[0].result()) == 0


def test_a_step_that_depends_on_values_cannot_be_written_out():
    class Looking(layers.Layer):
        def call(self, x):
            return x * 2 if float(ops.sum(x)) > 0 else x

        def compute_output_spec(self, x):
            return x

    model = sequential(Looking(), *head())
    model.compile("sgd", "sparse_categorical_crossentropy")
    x, y = images()
    with pytest.raises(ValueError, match="looks at the values"):
        step_as_text(model, x[:4], y[:4])


def test_batches_of_many_lengths_are_not_all_recorded(steps):
    model = NETS["mlp"]()
    model.compile("sgd", "sparse_categorical_crossentropy")
    x, y = images(60)

    def batches():
        for rows in [*range(1, 40), *([7] * 5), *([39] * 5)]:
            yield x[:rows], y[:rows]

    held = []

    class Looking(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            held.append(steps["executed"])

    model.fit(batches(), shuffle=False, verbose=0, callbacks=[Looking()])
    assert held[-1] == 39 + 1 + 5  # lengths that came late are not recorded


@pytest.mark.parametrize("strange", [object(), {1, 2}])
def test_a_batch_with_something_strange_in_it_is_not_recorded(strange, steps):
    taken = []
    step = ReplayedStep(keras.Sequential(), lambda data: taken.append(data), list)
    for _ in range(4):
        step((keras.ops.ones(2), strange))
    assert len(taken) == 4
    assert not steps["executed"]


def test_a_program_that_fails_where_the_executed_step_does_not_is_given_up(monkeypatch, steps):
    tried = []

    def broken(*inputs):
        tried.append(inputs)
        raise ArithmeticError

    monkeypatch.setattr(Recording, "program", lambda self: broken)
    model = NETS["mlp"]()
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(*images(), batch_size=4, verbose=0)
    assert len(tried) == 1
    assert model.optimizer.iterations.numpy() == 11


STRANGE_NAMES = [
    ("fi", "\ufb01"),
    ("\u00aa", "a"),
    ("x\u00b2", "conv\u2081"),
    ("a1", "a 1"),
    ("x\ny", "None"),
]


@pytest.mark.parametrize("names", STRANGE_NAMES)
def test_layers_outputs_and_metrics_may_have_any_name(names, steps):
    first, second = names

    def make():
        x = keras.Input((6, 6, 2))
        y = layers.Dense(4, activation="tanh", name=first)(layers.Flatten()(x))
        z = layers.Dense(4, name=second)(y)
        return keras.Model(x, {first: layers.Dense(3)(y), second: z})

    x, y = images()
    fit = {"x": x, "y": {first: y, second: x[:, 0, :2].reshape(ROWS, 4)}}
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def metrics():
        return {
            first: [keras.metrics.SparseCategoricalAccuracy(name=second)],
            second: [keras.metrics.MeanSquaredError(name=first)],
        }

    results = [
        trained(make, replay, fit, loss={first: loss, second: "mse"}, metrics=metrics())
        for replay in (False, True)
    ]
    assert steps["replayed"] > 20
    assert_the_same(*results)
    text = step_as_text(results[1][3], x[:4], {k: v[:4] for k, v in fit["y"].items()})
    compile(text, "step", "exec")


@pytest.mark.parametrize("how", ["fit", "evaluate", "predict"])
def test_loops_run_the_step_methods_and_recording_stops_after_a_few(how, monkeypatch):
    calls = []
    method = {"fit": "train_step", "evaluate": "test_step", "predict": "predict_step"}[how]
    written = getattr(Steps, method)

    def counted(self, data):
        calls.append(len(data[0]))
        return written(self, data)

    monkeypatch.setattr(Steps, method, counted)
    x, y = images()
    data = {"x": x, "batch_size": 4, "verbose": 0} | ({} if how == "predict" else {"y": y})

    def number_of_calls(**settings):
        model = NETS["mlp"]()
        model.compile("sgd", "sparse_categorical_crossentropy", **settings)
        calls.clear()
        getattr(model, how)(**data)
        return len(calls)

    assert number_of_calls() in (2, 3)
    assert number_of_calls(run_eagerly=True) == 11
    try:
        keras.config.set_replay(False)
        assert not keras.config.replay()
        assert number_of_calls() == 11
    finally:
        keras.config.set_replay(True)


def test_replay_can_be_switched_off_in_the_middle(steps):
    class Switching(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            keras.config.set_replay(batch < 5)

    x, y = images()
    fit = {"x": x, "y": y, "callbacks": [Switching()], "epochs": 1}
    try:
        found = trained(NETS["dropout"], True, fit)
    finally:
        keras.config.set_replay(True)
    assert 1 <= steps["replayed"] <= 4
    assert_the_same(trained(NETS["dropout"], False, {"epochs": 1}), found)


def test_an_error_behind_the_update_takes_the_update_back(steps):
    weights = []
    for replay in (False, True):
        keras.utils.set_random_seed(2)
        model = NETS["mlp"]()
        metrics = [
            keras.metrics.SparseCategoricalAccuracy()
        ]  # refuses fractions, the loss does not
        model.compile("adam", "poisson", metrics=metrics, run_eagerly=not replay)
        x, y = images()
        y = y[:, None].astype("float32")
        y[30] = 0.5
        with pytest.raises(ValueError, match="sparse_categorical_accuracy"):
            model.fit(x, y, batch_size=4, verbose=0, shuffle=False)
        assert model.optimizer.iterations.numpy() == 7
        weights.append([w.numpy() for w in [*model.variables, *model.optimizer.variables]])
    assert steps["replayed"] >= 4
    for a, b in zip(*weights, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
@pytest.mark.parametrize("between", ["nothing", "callback", "generator"])
def test_changes_are_looked_for_where_other_code_runs_between_steps(method, between, monkeypatch):
    looked = []
    changed = Reachable.changed
    monkeypatch.setattr(Reachable, "changed", lambda self: looked.append(1) or changed(self))
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(loss="mse")
    x, y = np.ones((40, 3), "float32"), np.ones((40, 2), "float32")
    data = (x,) if method == "predict" else (x, y)
    settings = {"verbose": 0}
    if between == "callback":
        ignored = lambda batch, logs: None  # noqa: E731
        names = ("on_train_batch_end", "on_test_batch_end", "on_predict_batch_end")
        callback = type("Ignoring", (keras.callbacks.Callback,), {})()
        for name in names:
            setattr(type(callback), name, lambda self, batch, logs=None: ignored(batch, logs))
        settings["callbacks"] = [callback]
    if between == "generator":
        batches = [tuple(part[i : i + 8] for part in data) for i in range(0, 40, 8)]
        data = ((batch for batch in batches),)
    else:
        settings["batch_size"] = 8
    getattr(model, method)(*data, **settings)
    assert bool(looked) == (between != "nothing")
