"""TensorBoard's files compared with those that Keras writes: names, steps and values."""

from pathlib import Path

import numpy as np
import pytest

import minicnn

pytest.importorskip("tensorboardX")


def events(folder):
    """Of the files in a folder: scalars, tags of histograms and images, nodes of the graph."""
    from tensorboardX.event_file_writer import EventFileWriter  # noqa: F401
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.proto.graph_pb2 import GraphDef

    scalars, others, graph = {}, set(), []
    for file in Path(folder).glob("events*"):
        data = file.read_bytes()
        while data:
            length = int.from_bytes(data[:8], "little")
            event = Event.FromString(data[12 : 12 + length])
            data = data[16 + length :]
            if event.graph_def:
                nodes = GraphDef.FromString(event.graph_def).node
                graph = [(node.name, node.op, list(node.input)) for node in nodes]
            for value in event.summary.value:
                kind = value.WhichOneof("value")
                if kind == "simple_value":
                    scalars[value.tag, event.step] = value.simple_value
                elif value.metadata.plugin_data.plugin_name == "scalars":
                    scalars[value.tag, event.step] = np.frombuffer(
                        value.tensor.tensor_content or np.float32(value.tensor.float_val[0]),
                        "float32",
                    )[0]
                else:
                    others.add(value.tag)
    return scalars, others, graph


def trained(keras, folder, **settings):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            layers.Conv2D(3, 3, name="conv", kernel_initializer="ones"),
            layers.Flatten(name="flat"),
            layers.Dense(2, name="dense", kernel_initializer="ones"),
        ],
        name="net",
    )
    model.compile(keras.optimizers.SGD(1e-5), "mse", metrics=["mae"])
    random = np.random.default_rng(0)
    x, y = random.random((8, 6, 6, 2), "float32"), random.random((8, 2), "float32")
    logs = keras.callbacks.TensorBoard(str(folder), **settings)
    model.fit(*(x, y, 4, 3), verbose=0, validation_data=(x, y), callbacks=[logs], shuffle=False)
    return model


@pytest.mark.keras
@pytest.mark.parametrize("update_freq", ["epoch", "batch", 2])
def test_scalars_are_those_of_keras(tmp_path, update_freq):
    keras = pytest.importorskip("keras")
    pytest.importorskip("tensorboard")
    settings = {"update_freq": update_freq, "histogram_freq": 1, "write_images": True}
    trained(keras, tmp_path / "theirs", **settings)
    trained(minicnn, tmp_path / "ours", **settings)
    for part in ("train", "validation"):
        theirs, their_others, _ = events(tmp_path / "theirs" / part)
        ours, our_others, _ = events(tmp_path / "ours" / part)
        assert ours.keys() == theirs.keys() and ours
        for name, value in theirs.items():
            np.testing.assert_allclose(ours[name], value, rtol=1e-4, err_msg=str(name))
        assert our_others == {tag for tag in their_others if tag != "keras"}


def test_the_graph_is_that_of_the_layers(tmp_path):
    trained(minicnn, tmp_path)
    _, _, graph = events(tmp_path / "train")
    assert graph[1:] == [
        ("conv", "Conv2D", [graph[0][0]]),
        ("flat", "Flatten", ["conv"]),
        ("dense", "Dense", ["flat"]),
    ]


def test_replay_goes_on_without_logs_of_batches(tmp_path):
    logs = minicnn.callbacks.TensorBoard(tmp_path)
    assert not minicnn.callbacks.CallbackList([logs]).run_between_batches("train")


def test_errors(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="`update_freq` must be"):
        minicnn.callbacks.TensorBoard(tmp_path, update_freq="step")
    with pytest.warns(UserWarning, match="writes no profiles"):
        minicnn.callbacks.TensorBoard(tmp_path, profile_batch=2)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install \"minicnn\[tensorboard\]\""):
        minicnn.callbacks.TensorBoard(tmp_path)
