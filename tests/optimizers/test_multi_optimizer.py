"""Several optimizers in one, beside real Keras: steps, files and refusals."""

import numpy as np
import pytest

import minicnn


def make(library, **settings):
    optimizers = library.optimizers
    chosen = optimizers.OptimizerMap(optimizers.SGD(0.125, momentum=0.5, name="default"))
    chosen[".*first/.*"] = optimizers.Adam(0.25, name="fast")
    model = library.Sequential(
        [
            library.Input((3,)),
            library.layers.Dense(4, name="first"),
            library.layers.Dense(2, name="second"),
        ]
    )
    random = np.random.default_rng(2)
    model.set_weights([random.normal(size=w.shape) for w in model.weights])
    model.compile(optimizers.MultiOptimizer(chosen, **settings), "mse", run_eagerly=True)
    return model


def train(model, steps=4):
    random = np.random.default_rng(3)
    x, y = random.normal(size=(8, 3)), random.normal(size=(8, 2))
    return [model.train_on_batch(x, y) for _ in range(steps)]


@pytest.mark.parametrize("settings", [{}, {"loss_scale_factor": 8.0}])
def test_training_and_files_are_those_of_keras(keras, settings, tmp_path):
    ours, theirs = make(minicnn, **settings), make(keras, **settings)
    np.testing.assert_allclose(train(ours), train(theirs), rtol=1e-4)
    ours.save(tmp_path / "ours.keras")
    theirs.save(tmp_path / "theirs.keras")
    expected = train(theirs)
    for loaded in (
        keras.saving.load_model(tmp_path / "ours.keras"),
        minicnn.saving.load_model(tmp_path / "theirs.keras"),
        minicnn.saving.load_model(tmp_path / "ours.keras"),
    ):
        loaded.run_eagerly = True
        assert [int(each.iterations) for each in loaded.optimizer.optimizers] == [4, 4]
        np.testing.assert_allclose(train(loaded), expected, rtol=1e-4)


def test_replayed_steps_are_the_steps():
    plain, replayed = make(minicnn), make(minicnn)
    replayed.run_eagerly = False
    np.testing.assert_array_equal(train(plain, 7), train(replayed, 7))


def test_a_function_chooses_too_and_set_weights_reaches_all():
    slow, fast = minicnn.optimizers.SGD(0.5), minicnn.optimizers.Adam(0.5)
    weights = [minicnn.Variable([1.0], name=name) for name in ("slow", "fast")]
    optimizer = minicnn.optimizers.MultiOptimizer(lambda v: fast if "fast" in v.path else slow)
    optimizer.apply([[2.0], [2.0]], weights)
    np.testing.assert_allclose(weights, [[0.0], [0.5]], atol=1e-6)
    values = [v.numpy() + 1 for v in optimizer.variables]
    optimizer.set_weights(values)
    for variable, value in zip(optimizer.variables, values, strict=True):
        np.testing.assert_array_equal(variable, value)
    with pytest.raises(AttributeError, match="Each of its `optimizers`"):
        optimizer.learning_rate = 0.1


def test_what_cannot_be_one_of_several_is_refused():
    sgd = minicnn.optimizers.SGD()
    chosen = minicnn.optimizers.OptimizerMap(sgd)
    for wrong, text in (
        (minicnn.optimizers.LossScaleOptimizer(minicnn.optimizers.SGD()), "LossScaleOptimizer"),
        (minicnn.optimizers.MultiOptimizer(chosen), "cannot be MultiOptimizer"),
        ("sgd", "must be a Keras Optimizer instance"),
    ):
        with pytest.raises(ValueError, match=text):
            chosen["a"] = wrong
    chosen["a.*"] = sgd
    with pytest.raises(ValueError, match="already exists"):
        chosen["a.*"] = sgd
    chosen[".*b"] = sgd
    with pytest.raises(ValueError, match="Multiple optimizers"):
        chosen["ab"]
    unknown = minicnn.optimizers.MultiOptimizer(lambda variable: None)
    with pytest.raises(ValueError, match=r"Optimizer for variable .* must be"):
        unknown.build([minicnn.Variable([1.0])])


def test_callbacks_know_the_learning_rates_of_all(tmp_path):
    pytest.importorskip("tensorboard")
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    model = make(minicnn)
    halved = minicnn.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    board = minicnn.callbacks.TensorBoard(tmp_path)
    x, y = np.ones((8, 3)), np.ones((8, 2))
    history = model.fit(x, y, verbose=0, callbacks=[halved, board]).history
    assert history["learning_rate_fast"] == [0.125]
    assert history["learning_rate_default"] == [0.0625]
    events = reader.EventAccumulator(str(tmp_path / "train"), {"tensors": 0, "scalars": 0})
    written = {
        tag for tags in events.Reload().Tags().values() if tags is not True for tag in tags or ()
    }
    assert {"epoch_learning_rate_fast", "epoch_learning_rate_default"} <= written
