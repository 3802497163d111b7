"""The table of `model.summary()`, letter by letter Keras's."""

import math

import numpy as np
import pytest

import minicnn
from minicnn.common import printing
from minicnn.models import summary


def line(keras):
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(32, 3),
            keras.layers.BatchNormalization(),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(10, name="a_very_long_name_for_a_dense_layer_that_must_wrap_over"),
        ],
        name="line",
    )


def unbuilt(keras):
    return keras.Sequential([keras.layers.Dense(3), keras.layers.Dropout(0.5)], name="later")


def drawn_line(keras):
    x = keras.Input((4,))
    return keras.Model(x, keras.layers.Dense(3)(keras.layers.Dense(2)(x)), name="drawn")


def branches(keras):
    a, b = keras.Input((8,), name="a"), keras.Input((4,), name="b")
    shared = keras.layers.Dense(4, name="shared_by_both_of_the_branches")
    c = keras.layers.Dense(4)(a)
    d = keras.layers.Concatenate()([shared(c), shared(b), b])
    inner = keras.Sequential([keras.layers.Dense(3), keras.layers.Dense(2)], name="inner")
    frozen = keras.layers.Dense(2, trainable=False)
    y = frozen(inner(d))
    return keras.Model([a, b], [y, y * 2.0], name="branches")


def own(keras):
    class Own(keras.Model):
        def __init__(self):
            super().__init__(name="own")
            self.first = keras.layers.Dense(4)
            self.unused = keras.layers.Dense(5)

        def call(self, x):
            return self.first(x)

    model = Own()
    model(np.zeros((2, 3)))
    return model


def own_with_drawn_parts(keras):
    a = keras.Input((3,))
    parts = keras.Model(a, [keras.layers.Dense(2)(a), keras.layers.Dense(4)(a)], name="parts")

    class Own(keras.Model):
        def __init__(self):
            super().__init__(name="own")
            self.parts = parts

        def call(self, x):
            return self.parts(x)[0]

    model = Own()
    model(np.zeros((2, 3)))
    return model


MODELS = {
    make.__name__: make for make in (line, unbuilt, drawn_line, branches, own, own_with_drawn_parts)
}


def text_of_summary(model, **settings):
    texts = []
    model.summary(print_fn=texts.append, **settings)
    assert len(texts) == 1
    return texts[0]


SETTINGS = (
    (80, {}),
    (200, {}),
    (80, {"line_length": 70}),
    (100, {"expand_nested": True, "show_trainable": True}),
    (200, {"line_length": 121, "show_trainable": True}),
)


@pytest.mark.parametrize("name", MODELS)
def test_the_same_text_as_keras(keras, name, monkeypatch):
    models = []
    for library in (minicnn, keras):
        library.utils.clear_session()
        models.append(MODELS[name](library))
    for columns, settings in SETTINGS:
        monkeypatch.setenv("COLUMNS", str(columns))
        ours, theirs = (text_of_summary(model, **settings) for model in models)
        assert ours == theirs


@pytest.mark.parametrize(
    ("layer_range", "shown"),
    [
        (["conv2d", "flatten"], ["conv2d", "batch_normalization", "max_pooling2d", "flatten"]),
        (["flatten", "max_pooling2d"], ["max_pooling2d", "flatten"]),
        (["batch.*", "max.*"], ["batch_normalization", "max_pooling2d"]),
    ],
)
def test_a_range_of_layers(layer_range, shown):
    text = text_of_summary(line(minicnn), layer_range=layer_range, line_length=100)
    names = ["conv2d", "batch_normalization", "max_pooling2d", "flatten", "a_very"]
    assert [name for name in names if f"│ {name}" in text] == shown


@pytest.mark.parametrize(
    ("layer_range", "message"),
    [
        (["conv2d"], "length 2"),
        (["conv2d", 3], "string type only"),
        (["conv2d", "nothing"], "do.* not match the layer names.*The layers are: conv2d"),
    ],
)
def test_wrong_ranges(layer_range, message):
    with pytest.raises(ValueError, match=message):
        text_of_summary(line(minicnn), layer_range=layer_range)


def test_positions():
    text = text_of_summary(line(minicnn), positions=[0.2, 0.4, 1.0], line_length=100)
    first_rule = text.splitlines()[1]
    assert first_rule.index("┳") < 21
    assert first_rule.rindex("┳") < 41


def test_too_narrow():
    with pytest.raises(ValueError, match="Insufficient console width to print summary: 12"):
        text_of_summary(line(minicnn), line_length=12)


def test_the_optimizer_is_counted_once_it_is_built():
    model = drawn_line(minicnn)
    model.compile("adam", "mse")
    model.train_on_batch(np.ones((2, 4)), np.ones((2, 3)))
    texts = []
    model.summary(print_fn=texts.append)
    weights = 4 * 2 + 2 + 2 * 3 + 3
    assert f"Optimizer params: {2 * weights + 2} " in texts[0]
    assert f"Total params: {3 * weights + 2} " in texts[0]


def test_printed_by_default(capsys):
    drawn_line(minicnn).summary()
    assert capsys.readouterr().out.startswith('Model: "drawn"\n┏━')


@pytest.mark.parametrize("size", [0, 1023, 1024, 1536, 10**6, 10**9, 5 * 10**12, 2**50])
def test_sizes_are_keras_s(keras, size):
    from keras.src.utils.summary_utils import readable_memory_size

    assert printing.readable_memory_size(size) == readable_memory_size(size)


def test_weights_are_counted_once():
    layer = minicnn.layers.Dense(3, dtype="float16")
    layer.build((None, 5))
    weights = [*layer.weights, layer.kernel]
    assert summary.count_params(layer.weights) == math.prod((5, 3)) + 3
    assert summary.weight_memory_size(weights) == 2 * 18
