import builtins
import re
import shutil

import pytest

import minicnn
from minicnn.utils import model_to_dot, plot_model

pydot = pytest.importorskip("pydot")
needs_graphviz = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is missing")


def chain(keras):
    L = keras.layers
    return keras.Sequential(
        [keras.Input((6, 6, 1)), L.Conv2D(2, 3, name="conv"), L.Flatten(name="flat")], name="chain"
    )


def branches(keras):
    L = keras.layers
    x = keras.Input((8,), name="x")
    a, b = L.Dense(4, name="a")(x), L.Dense(4, name="b")(x)
    return keras.Model(x, L.Concatenate(name="both")([a, L.Add(name="sum")([a, b])]), name="net")


def shared(keras):
    L = keras.layers
    x, y = keras.Input((8,), name="x"), keras.Input((8,), name="y")
    layer = L.Dense(4, name="shared")
    minus = L.Subtract(name="minus")([layer(x), layer(L.Dense(8, name="before")(y))])
    return keras.Model([x, y], minus)


def nested(keras):
    L = keras.layers
    x = keras.Input((8,), name="x")
    head = keras.Sequential(
        [keras.Input((8,)), L.Dense(5, name="h1"), L.ReLU(name="h2")], name="head"
    )
    i = keras.Input((5,), name="i")
    inner = keras.Model(i, [L.Dense(3, name="p")(i), L.Dense(3, name="q")(i)], name="inner")
    p, q = inner(head(x))
    return keras.Model(x, L.Add(name="end")([p, q]), name="outer")


def nested_twice(keras):
    """A model in a model in a model, called on two inputs."""
    L = keras.layers
    i, j = keras.Input((4,), name="i"), keras.Input((4,), name="j")
    low = keras.Model([i, j], L.Multiply(name="times")([i, j]), name="low")
    k = keras.Input((4,), name="k")
    middle = keras.Model(k, low([L.Dense(4, name="d")(k), k]), name="middle")
    x, y = keras.Input((4,), name="x"), keras.Input((4,), name="y")
    return keras.Model([x, y], L.Add(name="end")([middle(x), middle(y)]), name="top")


def sequential_in_sequential(keras):
    L = keras.layers
    inner = keras.Sequential([L.Dense(3, name="d1"), L.Dense(3, name="d2")], name="inner")
    rows = [keras.Input((4,)), L.Dense(4, name="first"), inner, L.Dense(2, name="last")]
    return keras.Sequential(rows, name="outer")


MODELS = [chain, branches, shared, nested, nested_twice, sequential_in_sequential]


def nodes_of(dot):
    """The names of layers by node, of clusters too."""
    found = {}
    for node in dot.get_nodes():
        match = re.search(r"<b>([^<]*)</b> \(", str(node.get_label()))
        if match:
            found[node.get_name().strip('"')] = match[1]
    for cluster in dot.get_subgraphs():
        found |= nodes_of(cluster)
    return found


def edges_of(dot):
    """The arrows of a graph and its clusters, as pairs of names, sorted."""
    names = nodes_of(dot)

    def inside(graph):
        for edge in graph.get_edges():
            ends = (edge.get_source(), edge.get_destination())
            yield tuple(names[end.strip('"')] for end in ends)
        for cluster in graph.get_subgraphs():
            yield from inside(cluster)

    return sorted(inside(dot))


def clusters_of(dot):
    return {c.get_name().strip('"'): clusters_of(c) for c in dot.get_subgraphs()}


def test_the_arrows_of_branches():
    dot = model_to_dot(branches(minicnn))
    ends = "x-a x-b a-sum b-sum a-both sum-both".split()
    assert edges_of(dot) == sorted(tuple(pair.split("-")) for pair in ends)


@pytest.mark.keras
@pytest.mark.parametrize("expand", [False, True])
@pytest.mark.parametrize("build", MODELS)
def test_boxes_and_arrows_are_those_of_keras(build, expand):
    keras = pytest.importorskip("keras")
    own = model_to_dot(build(minicnn), expand_nested=expand)
    other = keras.utils.model_to_dot(build(keras), expand_nested=expand)
    assert sorted(nodes_of(own).values()) == sorted(nodes_of(other).values())
    assert clusters_of(own) == clusters_of(other)
    assert edges_of(own) == edges_of(other)


def labels_of(dot):
    names = nodes_of(dot)
    labels = {node.get_name().strip('"'): node.get_label() for node in dot.get_nodes()}
    return {name: labels[node] for node, name in names.items()}


def test_boxes_show_shapes_types_activations_and_what_is_trained():
    L = minicnn.layers
    frozen = L.Dense(4, name="frozen", trainable=False)
    rows = [minicnn.Input((6, 6, 1)), L.Conv2D(2, 3, activation="relu", name="conv")]
    model = minicnn.Sequential([*rows, L.Flatten(name="flat"), frozen])
    dot = model_to_dot(
        model, show_shapes=True, show_dtype=True, show_layer_activations=True, show_trainable=True
    )
    labels = labels_of(dot)
    assert "Input shape: <b>(None, 6, 6, 1)</b>" in labels["conv"]
    assert "Output shape: <b>(None, 4, 4, 2)</b>" in labels["conv"]
    assert "Output dtype: <b>float32</b>" in labels["conv"]
    assert "Activation: <b>relu</b>" in labels["conv"]
    assert "<b>Trainable</b>" in labels["conv"]
    assert "<b>Non-trainable</b>" in labels["frozen"]
    assert "rainable" not in labels["flat"]
    assert "shape" not in labels_of(model_to_dot(model))["conv"]


def test_a_shared_layer_shows_the_shapes_of_all_its_calls():
    layer = minicnn.layers.ReLU(name="relu")
    x, y = minicnn.Input((3,)), minicnn.Input((5,))
    model = minicnn.Model([x, y], [layer(x), layer(y)])
    label = labels_of(model_to_dot(model, show_shapes=True))["relu"]
    assert "Output shape: <b>(None, 3) or (None, 5)</b>" in label


def test_a_subclassed_model_is_one_box():
    class Own(minicnn.Model):
        def __init__(self):
            super().__init__(name="own")
            self.dense = minicnn.layers.Dense(2)

        def call(self, x):
            return self.dense(x)

    model = Own()
    with pytest.raises(ValueError, match="'own' has not yet been built"):
        model_to_dot(model)
    model(minicnn.ops.ones((1, 3)))
    dot = model_to_dot(model)
    assert [*nodes_of(dot).values()] == ["own"]
    assert edges_of(dot) == []


def test_subgraph_is_a_cluster():
    assert isinstance(model_to_dot(chain(minicnn), subgraph=True), pydot.Cluster)


@pytest.mark.parametrize("name", ["layer_range", "colour"])
def test_unknown_arguments_are_refused(name):
    with pytest.raises(ValueError, match=name):
        model_to_dot(chain(minicnn), **{name: 1})


@needs_graphviz
@pytest.mark.parametrize(
    ("ending", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_the_ending_says_the_format(tmp_path, ending, start):
    plot_model(nested(minicnn), tmp_path / f"net.{ending}", show_shapes=True, expand_nested=True)
    assert (tmp_path / f"net.{ending}").read_bytes().startswith(start)


@needs_graphviz
def test_an_unknown_format_leaves_the_older_file(tmp_path):
    path = tmp_path / "net.xyz"
    path.write_text("older")
    with pytest.raises(ValueError, match=r"cannot write 'net\.xyz'.*`\.png`"):
        plot_model(chain(minicnn), path)
    assert path.read_text() == "older"
    assert [*tmp_path.iterdir()] == [path]


def test_without_graphviz_one_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ImportError, match=r"apt install graphviz"):
        plot_model(chain(minicnn), tmp_path / "net.png")
    assert [*tmp_path.iterdir()] == []


def test_without_pydot_one_sentence_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def no_pydot(name, *args, **kwargs):
        if name == "pydot":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", no_pydot)
    with pytest.raises(ImportError, match=r"pip install 'minicnn\[graph\]'"):
        model_to_dot(chain(minicnn))
