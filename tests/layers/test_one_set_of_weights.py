"""A built layer keeps its weights: neither `build` nor an attribute adds a second set."""

import contextlib
import copy
import pickle

import numpy as np
import pytest

import minicnn
from minicnn import layers, metrics, tree

X = np.linspace(-1, 1, 12, dtype="float32").reshape(3, 4)
LINE, IMAGE, SERIES, VOLUME = (None, 4), (None, 8, 8, 3), (None, 8, 3), (None, 4, 4, 4, 2)

MADE = {
    "Dense": (lambda: layers.Dense(3), LINE),
    "Embedding": (lambda: layers.Embedding(5, 3), LINE),
    "PReLU": (layers.PReLU, LINE),
    "Conv1D": (lambda: layers.Conv1D(2, 3), SERIES),
    "Conv2D": (lambda: layers.Conv2D(2, 3), IMAGE),
    "Conv3D": (lambda: layers.Conv3D(2, 3), VOLUME),
    "Conv1DTranspose": (lambda: layers.Conv1DTranspose(2, 3), SERIES),
    "Conv2DTranspose": (lambda: layers.Conv2DTranspose(2, 3), IMAGE),
    "Conv3DTranspose": (lambda: layers.Conv3DTranspose(2, 3), VOLUME),
    "DepthwiseConv1D": (lambda: layers.DepthwiseConv1D(3), SERIES),
    "DepthwiseConv2D": (lambda: layers.DepthwiseConv2D(3), IMAGE),
    "SeparableConv1D": (lambda: layers.SeparableConv1D(2, 3), SERIES),
    "SeparableConv2D": (lambda: layers.SeparableConv2D(2, 3), IMAGE),
    "BatchNormalization": (layers.BatchNormalization, IMAGE),
    "renorm": (lambda: layers.BatchNormalization(renorm=True), IMAGE),
    "LayerNormalization": (layers.LayerNormalization, IMAGE),
    "GroupNormalization": (lambda: layers.GroupNormalization(1), IMAGE),
    "RMSNormalization": (layers.RMSNormalization, LINE),
    "Normalization": (layers.Normalization, LINE),
    "Wrapper": (lambda: layers.Wrapper(layers.Dense(3)), LINE),
    "Sequential": (lambda: minicnn.Sequential([layers.Dense(3), layers.Dense(2)]), LINE),
    "Flatten": (layers.Flatten, IMAGE),
    "Dropout": (lambda: layers.Dropout(0.5), LINE),
    "Add": (layers.Add, [LINE, LINE]),
    "Own": (lambda: Own(), LINE),
    "Guarded": (lambda: Guarded(), LINE),
    "Early": (lambda: Early(), LINE),
    "Around": (lambda: Around(), LINE),
    "Undeclared": (lambda: Undeclared(), LINE),
    "Net": (lambda: Net(), LINE),
}


class Own(layers.Layer):
    def build(self, shape):
        self.scale = self.add_weight(shape=shape[-1:], initializer="glorot_uniform")
        super().build(shape)

    def call(self, x):
        return x * self.scale


class Guarded(Own):
    def build(self, shape):
        if not self.built:
            super().build(shape)


class Early(layers.Layer):
    def build(self, shape):
        self.built = True
        self.inner = layers.Dense(2)
        self.parts = [layers.Dense(2)]
        self.offset = minicnn.Variable(np.ones(2, "float32"))

    def call(self, x):
        return self.inner(x) + self.parts[0](x) + self.offset


class Around(layers.Layer):
    def __init__(self, inner=None, **settings):
        super().__init__(**settings)
        self.inner = inner or layers.Dense(3)

    def build(self, shape):
        self.inner.build(shape)

    def call(self, x):
        return self.inner(x)


class Undeclared(layers.Layer):
    def __init__(self):
        super().__init__()
        self.one = layers.Dense(2)
        self.parts = [layers.Dense(2)]
        self.table = {"a": layers.Dense(2)}
        self.numbers = []
        self.nested = {"deep": [[]]}

    def call(self, x):
        return self.one(x) + self.parts[0](x) + self.table["a"](x)


class Net(minicnn.Model):
    def __init__(self):
        super().__init__()
        self.parts = [layers.Dense(3), layers.Dense(2)]
        self.table, self.numbers, self.nested = {"a": layers.Dense(2)}, [], {"deep": [[]]}
        self.one = self.parts[0]

    def call(self, x):
        for layer in (*self.parts, self.table["a"]):
            x = layer(x)
        return x


def state(layer):
    return [(id(w), w.path, w.numpy().tobytes()) for w in layer.weights], layer.get_build_config()


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("other", [False, True])
def test_a_second_build_leaves_the_weights(name, other):
    make, shape = MADE[name]
    layer = make()
    layer.build(shape)
    before, spec = state(layer), layer.input_spec
    second = tree.map_shape_structure(lambda s: (*s[:-1], 7), shape) if other else shape
    ways = (
        lambda: layer.build(second),
        lambda: layer.build_from_config({"input_shape": second}),
        lambda: layer.build(second),
    )
    for build in ways:
        refused = True
        try:
            build()
            refused = False
        except ValueError as error:
            assert layer.name in str(error) or any(x.name in str(error) for x in layer._layers)
        assert state(layer) == before
        if refused:
            assert layer.input_spec is spec
    if len(layer.weights) and not other and name not in ("Embedding", "Wrapper", "Early"):
        x = np.zeros([2 if n is None else n for n in shape], "float32")
        layer(x)
        assert state(layer)[0] == before[0]


def test_building_twice_is_refused_where_keras_refuses_it(keras):
    for name, (make, shape) in MADE.items():
        if not hasattr(keras.layers, name) or name in ("Wrapper", "Flatten"):
            continue
        theirs = getattr(keras.layers, name).from_config(make().get_config())
        theirs.build(shape)
        layer = make()
        layer.build(shape)
        try:
            theirs.build(shape)
        except ValueError:
            with pytest.raises(ValueError, match=r"already built.*runs once"):
                layer.build(shape)


@pytest.mark.parametrize("name", ["Normalization", "BatchNormalization", "Dense", "Own", "loaded"])
@pytest.mark.parametrize("kind", ["build", "call", "nested"])
def test_a_layer_keeps_its_weights_when_another_is_built_around_it(name, kind, tmp_path):
    if name == "loaded":
        minicnn.Sequential([minicnn.Input((4,)), layers.Dense(3)]).save(tmp_path / "m.keras")
        inner = minicnn.saving.load_model(tmp_path / "m.keras").layers[0]
    else:
        inner = MADE[name][0]()
        inner.build(LINE)
    if name == "Normalization":
        inner.adapt(X * 3 + 1)
    inner.set_weights([w + 1 if w.ndim else w for w in inner.get_weights()])
    before, y = state(inner), np.asarray(inner(X))

    class Lazy(Around):
        build = layers.Layer.build

        def call(self, x):
            self.inner.build(x.shape)
            return self.inner(x)

    outer = {"build": Around, "call": Lazy, "nested": lambda x: Around(Around(x))}[kind](inner)
    for _ in range(3):
        np.testing.assert_array_equal(outer(X), y)
    assert state(inner) == before
    assert len(outer.weights) == len(inner.weights)
    if kind != "call" and inner.input_spec is not None:
        with pytest.raises(ValueError, match="incompatible with the layer"):
            Around(inner).build((None, 9))
        assert state(inner) == before


def put(name):
    def change(k, thing):
        return setattr(thing, "extra", name(k))

    return change


CHANGES = {
    "append": lambda k, x: x.parts.append(k.layers.Dense(2)),
    "extend": lambda k, x: x.parts.extend(iter([k.layers.Dense(2)])),
    "insert": lambda k, x: x.parts.insert(0, k.layers.Dense(2)),
    "add": lambda k, x: x.parts.__iadd__([k.layers.Dense(2)]),
    "replace in list": lambda k, x: x.parts.__setitem__(0, k.layers.Dense(2)),
    "slice": lambda k, x: x.parts.__setitem__(slice(0, 0), [k.layers.Dense(2)]),
    "variable in list": lambda k, x: x.numbers.append(k.Variable([1.0])),
    "list in list": lambda k, x: x.numbers.append([k.layers.Dense(2)]),
    "inside lists": lambda k, x: x.nested["deep"][0].append(k.layers.Dense(2)),
    "key": lambda k, x: x.table.__setitem__("b", k.layers.Dense(2)),
    "update": lambda k, x: x.table.update({"b": k.layers.Dense(2)}),
    "keyword": lambda k, x: x.table.update(b=k.layers.Dense(2)),
    "default": lambda k, x: x.table.setdefault("b", k.layers.Dense(2)),
    "or": lambda k, x: x.table.__ior__({"b": k.layers.Dense(2)}),
    "attribute": put(lambda k: k.layers.Dense(2)),
    "model": put(lambda k: k.Sequential([k.layers.Dense(2)])),
    "variable": put(lambda k: k.Variable([1.0])),
    "list": put(lambda k: [k.layers.Dense(2)]),
    "tuple": put(lambda k: (k.layers.Dense(2),)),
    "dict": put(lambda k: {"a": [k.Variable([1.0])]}),
    "list of later": lambda k, x: (setattr(x, "more", []), x.more.append(k.layers.Dense(2))),
    "replace": lambda k, x: setattr(x, "one", k.layers.Dense(2)),
    "weight": lambda k, x: x.add_weight(shape=(2,)),
}


@pytest.mark.parametrize("kind", [Undeclared, Net])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("built", ["called", "trained", "copied", "pickled", "unbuilt"])
def test_a_built_layer_gets_no_new_state(kind, change, built):
    layer = kind()
    if built == "unbuilt":
        CHANGES[change](minicnn, layer)
        layer(X)
        return
    layer(X)
    if built == "trained" and kind is Net:
        layer.compile("sgd", "mse")
        layer.fit(X, np.ones((3, 2)), verbose=0)
    if built == "copied":
        layer = copy.deepcopy(layer)
    if built == "pickled":
        layer = pickle.loads(pickle.dumps(layer))
    before, y = state(layer), np.asarray(layer(X))
    with pytest.raises(ValueError, match=f"'{layer.name}', which is already built"):
        CHANGES[change](minicnn, layer)
    assert state(layer) == before
    np.testing.assert_array_equal(layer(X), y)


def test_keras_refuses_no_more_than_that(keras):
    """What Keras lets through by an oversight (`+=`, slices) is refused here too."""

    class Theirs(keras.layers.Layer):
        __init__, call = (
            lambda self: Undeclared_init(self, keras),
            lambda self, x: self.one(x) + self.parts[0](x) + self.table["a"](x),
        )

    def Undeclared_init(self, k):
        keras.layers.Layer.__init__(self)
        self.one, self.parts = k.layers.Dense(2), [k.layers.Dense(2)]
        self.table, self.numbers, self.nested = {"a": k.layers.Dense(2)}, [], {"deep": [[]]}

    refused = 0
    for change in CHANGES.values():
        layer = Theirs()
        layer(X)
        try:
            change(keras, layer)
        except ValueError:
            refused += 1
        except TypeError:
            continue
    assert refused > len(CHANGES) / 2


def test_changes_that_add_no_weights_are_free():
    for layer in (Undeclared(), Net()):
        layer(X)
        layer.numbers.append(3)
        layer.numbers += [4, "five"]
        layer.table["count"] = 6
        layer.nested["deep"][0].append({"x": 1})
        layer.extra = [1, {"a": (2,)}]
        layer.parts.append(layer.one)
        layer.parts[0], layer.parts[-1] = layer.parts[-1], layer.parts[0]
        layer.also, layer.both = layer.one, [layer.one.kernel, layer.table["a"]]
        last = layer.parts.pop()
        layer.parts.insert(0, last)
        layer.tracker = metrics.Mean()
        assert layer.numbers == [3, 4, "five"] and layer.extra == [1, {"a": (2,)}]
        if type(layer) is Undeclared:  # the order of its layers does not matter
            layer(X)


def test_a_drawn_or_listed_model_may_grow():
    inputs = minicnn.Input((4,))
    for model in (minicnn.Model(inputs, layers.Dense(2)(inputs)), MADE["Sequential"][0]()):
        model(X)
        model.extra = [layers.Dense(3)]
        model.extra.append(layers.Dense(3))
    model.add(layers.Dense(5))
    assert model(X).shape == (3, 5)
    assert len(model.layers) == 3


def test_lists_of_layers_are_lists():
    layer = Undeclared()
    layer(X)
    assert isinstance(layer.parts, list) and isinstance(layer.table, dict)
    assert layer.parts == [layer.parts[0]] and repr(layer.numbers) == "[]"
    tree.assert_same_structure(layer.nested, {"deep": [[]]})
    assert tree.flatten({"b": layer.parts, "a": 1}) == [1, layer.parts[0]]
    assert type(tree.map_structure(lambda x: x, layer.table)) is dict
    twin = copy.deepcopy(layer)
    assert twin.parts[0] is not layer.parts[0] and twin.parts is not layer.parts
    for alone in (copy.deepcopy(layer.numbers), pickle.loads(pickle.dumps(layer.numbers))):
        assert type(alone) is list
    with minicnn.GradientTape() as tape:
        y = minicnn.ops.sum(layer(X) ** 2)
    assert len(tape.gradient(y, {"ones": [w for p in layer.parts for w in p.weights]})["ones"]) == 2


@pytest.mark.parametrize(
    ("metric", "data"),
    [
        (metrics.Mean, ([1.0],)),
        (lambda: metrics.MeanIoU(3), ([0, 1], [0, 1])),
        (metrics.AUC, ([0, 1], [0.0, 1.0])),
        (lambda: metrics.AUC(multi_label=True), ([[0, 1]], [[0.0, 1.0]])),
        (metrics.F1Score, ([[0, 1.0]], [[0.0, 1.0]])),
        (metrics.R2Score, ([[0.0], [1.0]], [[0.0], [1.0]])),
    ],
)
def test_metrics_and_optimizers_are_built_once(metric, data):
    metric = metric()
    metric.update_state(*data)
    before = [(id(v), v.numpy().tobytes()) for v in metric.variables]
    for build in (getattr(metric, "build", None), getattr(metric, "_build", None)):
        for argument in (np.shape(data[0]), np.shape(data[0])[-1]):
            with contextlib.suppress(ValueError, TypeError, AttributeError, IndexError):
                build and build(argument)
            assert [(id(v), v.numpy().tobytes()) for v in metric.variables] == before
    optimizer = minicnn.optimizers.Adam()
    variable = minicnn.Variable([1.0, 2.0])
    optimizer.build([variable])
    before = list(map(id, optimizer.variables))
    optimizer.build([variable])
    optimizer.build([variable, minicnn.Variable([1.0])])
    assert list(map(id, optimizer.variables)) == before


def test_adapting_again_keeps_the_variables():
    layer = layers.Normalization()
    layer.adapt(X)
    before = list(map(id, layer.weights))
    layer.adapt(X * 2)
    assert list(map(id, layer.weights)) == before
    with pytest.raises(ValueError, match="runs once"):
        layer.build(LINE)
    np.testing.assert_allclose(np.mean(layer(X * 2), axis=0), 0, atol=1e-6)
