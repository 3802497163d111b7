"""`TensorBoard`: writes logs that the program TensorBoard shows."""

from __future__ import annotations

import importlib.util
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.callbacks.callback import Callback, Logs
from minicnn.callbacks.learning_rates import log_learning_rates


class TensorBoard(Callback):
    """Writes scalars, histograms of weights and the graph of layers for TensorBoard.

    Needs tensorboardX: `pip install "minicnn[tensorboard]"`. Look at the logs with
    `tensorboard --logdir logs`. The files and names are those of Keras: `train/` has `epoch_loss`
    and so on (and `batch_loss`, see `update_freq`), `validation/` the same for the validation, and
    `evaluation_loss_vs_iterations`.

    Args:
        log_dir: the folder.
        histogram_freq: write histograms of the weights every so many epochs; 0 for never.
        write_graph: write the layers as a graph.
        write_images: write the weights as pictures too, with the histograms.
        write_steps_per_second: write the steps a second.
        update_freq: "epoch"; or "batch" or a number to write the logs also after every step, or
            every so many.
        profile_batch: only 0. `minicnn.analysis.profile` shows where the time of a step goes.
        embeddings_freq: only 0.
        embeddings_metadata: only None.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> import pytest
        >>> import minicnn as keras
        >>> writer = pytest.importorskip("tensorboardX")
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> model.compile("sgd", "mse")
        >>> folder = tempfile.mkdtemp()
        >>> logs = keras.callbacks.TensorBoard(folder, histogram_freq=1)
        >>> _ = model.fit(np.ones((8, 4)), np.ones((8, 2)), verbose=0, callbacks=[logs])
        >>> [path.name for path in Path(folder).iterdir()]
        ['train']

    Raises:
        ImportError: tensorboardX is not installed.
        ValueError: an argument that is not of its kind.
    """

    def __init__(
        self,
        log_dir: str | Path = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: int | str = "epoch",
        profile_batch: int | tuple[int, int] = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ):
        super().__init__()
        if importlib.util.find_spec("tensorboardX") is None:
            raise ImportError(
                "`TensorBoard` needs tensorboardX, which is not installed: "
                'pip install "minicnn[tensorboard]".'
            )
        whole = isinstance(update_freq, int) and not isinstance(update_freq, bool)
        if update_freq not in ("batch", "epoch") and not (whole and update_freq > 0):
            raise ValueError(
                '`update_freq` must be "batch", "epoch" or a whole number from 1. Received: '
                f"update_freq={update_freq!r}"
            )
        if profile_batch or embeddings_freq or embeddings_metadata is not None:
            warnings.warn(
                "minicnn's `TensorBoard` writes no profiles and no embeddings: `profile_batch` and "
                "`embeddings_freq` have no effect. See `minicnn.analysis.profile`.",
                stacklevel=2,
            )
        self.log_dir = Path(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self._writers: dict[str, Any] = {}
        self._batches = 0
        if self.update_freq != "epoch":
            # Only now: `fit` computes logs after every step for a callback that has this method.
            self.on_train_batch_begin = self._note_time
            self.on_train_batch_end = self._write_batch

    def _writer(self, name: str) -> Any:
        """The writer of "train" or "validation"; made when there is something to write."""
        if name not in self._writers:
            from tensorboardX import SummaryWriter

            self._writers[name] = SummaryWriter(str(self.log_dir / name))
        return self._writers[name]

    def _scalar(self, name: str, tag: str, value: Any, step: int) -> None:
        self._writer(name).add_scalar(tag, float(value), step)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Writes the graph."""
        self._batches = 0
        if self.write_graph and self.model.layers:
            _write_graph(self._writer("train"), self.model)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Looks at the clock."""
        self._epoch_start = time.perf_counter(), self._iterations()

    def _iterations(self) -> int:
        optimizer = self.model.optimizer
        return int(optimizer.iterations) if optimizer is not None else 0

    def _note_time(self, batch: int, logs: Logs = None) -> None:
        self._batch_start = time.perf_counter()

    def _write_batch(self, batch: int, logs: Logs = None) -> None:
        """What is written after a step."""
        self._batches += 1
        if self.write_steps_per_second:
            rate = 1 / max(time.perf_counter() - self._batch_start, 1e-9)
            self._scalar("train", "batch_steps_per_second", rate, self._batches)
        if self._batches % self.update_freq == 0:
            for name, value in (logs or {}).items():
                self._scalar("train", f"batch_{name}", value, self._batches)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Writes the logs of the epoch, and histograms if they are due."""
        logs = dict(logs or {})
        validation = {k[4:]: v for k, v in logs.items() if k.startswith("val_")}
        training = {k: v for k, v in logs.items() if not k.startswith("val_")}
        if self.model.optimizer is not None:
            log_learning_rates(self.model.optimizer, training)
        if self.write_steps_per_second:
            start, before = self._epoch_start
            seconds = max(time.perf_counter() - start, 1e-9)
            training["steps_per_second"] = (self._iterations() - before) / seconds
        for name, values in (("train", training), ("validation", validation)):
            for tag, value in values.items():
                self._scalar(name, f"epoch_{tag}", value, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        for writer in self._writers.values():
            writer.flush()

    def _write_weights(self, epoch: int) -> None:
        writer = self._writer("train")
        for weight in self.model.weights:
            values, tag = weight.numpy().astype("float64"), weight.path.replace(":", "_")
            if values.size and np.isfinite(values).all():
                writer.add_histogram(f"{tag}/histogram", values.ravel(), epoch)
                if self.write_images:
                    writer.add_image(f"{tag}/image", _picture(values), epoch, dataformats="HW")

    def on_test_end(self, logs: Logs = None) -> None:
        """Writes the results of an evaluation, over the steps of training before it."""
        for name, value in (logs or {}).items():
            tag = f"evaluation_{name}_vs_iterations"
            self._scalar("validation", tag, value, self._iterations())

    def on_train_end(self, logs: Logs = None) -> None:
        """Closes the files."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()


def _picture(values: np.ndarray) -> np.ndarray:
    """A weight as one picture in [0, 1]; the filters of a convolution stand side by side."""
    if values.ndim < 2:
        values = values.reshape(1, -1)
    elif values.ndim == 2:
        values = values.T if values.shape[0] > values.shape[1] else values
    else:
        height, filters = values.shape[0], values.shape[-1]
        values = np.moveaxis(values, -1, 1).reshape(height, filters, -1)
        values = values.reshape(height, -1)
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.zeros_like(values)


def _write_graph(writer: Any, model: Any) -> None:
    """The layers and what each is called on, as TensorBoard's graph."""
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.proto.graph_pb2 import GraphDef
    from tensorboardX.proto.node_def_pb2 import NodeDef
    from tensorboardX.proto.versions_pb2 import VersionDef

    nodes = [
        NodeDef(name=name, op=kind, input=inputs)
        for name, kind, inputs in _layers_with_inputs(model)
    ]
    graph = GraphDef(node=nodes, versions=VersionDef(producer=22))
    writer.file_writer.add_event(Event(graph_def=graph.SerializeToString()))


def _layers_with_inputs(model: Any) -> list[tuple[str, str, list[str]]]:
    """Of each layer the name, the class, and the names of the layers that its inputs come from."""
    graph = getattr(model, "_functional", None) or model
    nodes = getattr(graph, "_nodes", None)
    if nodes is None:  # not known of a `call`: a line
        layers = model.layers
        before = [[], *([layer.name] for layer in layers)]
        return [(x.name, type(x).__name__, b) for x, b in zip(layers, before, strict=False)]
    inputs: dict[Any, list[str]] = {}
    for node in nodes:
        sources = [x._keras_history.operation.name for x in tree.flatten(node.input_tensors)]
        known = inputs.setdefault(node.operation, [])
        known += [name for name in sources if name not in known and name != node.operation.name]
    return [(x.name, type(x).__name__, names) for x, names in inputs.items()]
