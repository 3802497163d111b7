"""`plot_model`, `model_to_dot`: a model as a graph of boxes and arrows, drawn by Graphviz."""

from __future__ import annotations

import html
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from minicnn.ops.symbolic.function import Function

_DOWNLOAD = "https://graphviz.org/download"
_INK, _GREEN, _RED = "#1f2937", "#15803d", "#b91c1c"


class _Shown(NamedTuple):
    """What a box shows beside the layer's class."""

    names: bool
    shapes: bool
    dtypes: bool
    activations: bool
    trainable: bool


def plot_model(
    model: Any,
    to_file: str | os.PathLike = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """Draws a model as boxes and arrows into a file.

    It needs pydot (`pip install 'minicnn[graph]'`) and the program Graphviz.

    Args:
        model: a built model. A subclassed one is a single box.
        to_file: the file; its ending says the format, such as `.png`, `.svg` or `.pdf`. An older
            file is replaced as a whole, or not at all after an error.
        show_shapes: whether boxes show the shapes of inputs and outputs.
        show_dtype: whether they show the types of outputs.
        show_layer_names: whether they show the names of layers.
        rankdir: direction: "TB" from top to bottom, "LR" from left to right.
        expand_nested: whether the inside of nested models is drawn.
        dpi: dots per inch.
        show_layer_activations: whether boxes show activations.
        show_trainable: whether boxes of layers with weights show if these are trained.
        splines: how arrows run: "ortho", "curved", "polyline", "spline" or "line".

    Returns:
        the picture for the notebook, if IPython is installed and the file is no PDF.

    Example:
        >>> import shutil
        >>> import tempfile
        >>> from pathlib import Path
        >>> import pytest
        >>> import minicnn as keras
        >>> drawing = pytest.importorskip("pydot")
        >>> if shutil.which("dot") is None:
        ...     pytest.skip("Graphviz is missing")
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> file = Path(tempfile.mkdtemp(), "model.svg")
        >>> _ = keras.utils.plot_model(model, file, show_shapes=True)
        >>> "(None, 4)" in file.read_text()
        True

    Raises:
        ImportError: pydot or Graphviz is missing.
        ValueError: the model is not built, or Graphviz does not write this format.
    """
    dot = model_to_dot(
        model,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        rankdir=rankdir,
        expand_nested=expand_nested,
        dpi=dpi,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
        splines=splines,
        **kwargs,
    )
    if shutil.which("dot") is None:
        raise ImportError(
            "`plot_model` needs the program Graphviz, which is not a Python package: install it "
            f"with `apt install graphviz` or `brew install graphviz`, or from {_DOWNLOAD}."
        )
    path = Path(to_file)
    extension = path.suffix[1:] or "png"
    _write(dot, path, extension)
    return None if extension == "pdf" else _notebook_image(path)


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """A model as a graph of pydot; see `plot_model` for the arguments.

    A layer that is called several times is one box, with the shapes of all its calls.

    Args:
        model: a built model.
        subgraph: whether to return a `pydot.Cluster`, for a part of a larger graph.

    Returns:
        a `pydot.Dot`, or a `pydot.Cluster` if `subgraph`.

    Example:
        >>> import pytest
        >>> import minicnn as keras
        >>> drawing = pytest.importorskip("pydot")
        >>> layers = [keras.layers.Dense(2), keras.layers.Dense(1)]
        >>> model = keras.Sequential([keras.Input((4,)), *layers])
        >>> len(keras.utils.model_to_dot(model).get_edges())
        1

    Raises:
        ImportError: pydot is missing.
        ValueError: the model is not built.
    """
    if kwargs.pop("layer_range", None) is not None:
        raise ValueError("Argument `layer_range` is no longer supported.")
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments: {kwargs}")
    if not model.built:
        raise ValueError(
            f"The model {model.name!r} has not yet been built, so there is no graph to draw. Call "
            "it on a batch, or `model.build(shape)`."
        )
    pydot = _pydot()
    shown = _Shown(
        show_layer_names, show_shapes, show_dtype, show_layer_activations, show_trainable
    )
    if subgraph:
        return _cluster(pydot, model, shown, expand_nested)
    dot = pydot.Dot(rankdir=rankdir, concentrate=True, dpi=dpi, splines=splines, bgcolor="white")
    dot.set_node_defaults(shape="plaintext", fontname="Helvetica", margin="0")
    dot.set_edge_defaults(color=_INK, penwidth="1.5", arrowsize="0.8")
    return _draw(pydot, dot, model, shown, expand_nested)


def _pydot() -> Any:
    try:
        import pydot
    except ImportError:
        raise ImportError(
            "Models are drawn with pydot, which is missing: pip install 'minicnn[graph]'. The "
            f"program Graphviz is needed, too: {_DOWNLOAD}."
        ) from None
    return pydot


def _write(dot: Any, path: Path, extension: str) -> None:
    try:
        content = dot.create(format=extension)
    except AssertionError as error:  # what pydot raises when Graphviz fails
        raise ValueError(
            f"Graphviz cannot write {path.name!r}: name a file that ends in `.png`, `.svg` or "
            f"`.pdf`. It says: {str(error).strip()}"
        ) from None
    temporary = path.with_name(f".{path.name}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _notebook_image(path: Path) -> Any:
    try:
        from IPython import display
    except ImportError:
        return None
    return display.SVG(str(path)) if path.suffix == ".svg" else display.Image(filename=str(path))


def _cluster(pydot: Any, model: Any, shown: _Shown, expand_nested: bool) -> Any:
    cluster = pydot.Cluster(
        graph_name=model.name, label=model.name, labeljust="l", style="dashed", fontname="Helvetica"
    )
    return _draw(pydot, cluster, model, shown, expand_nested)


def _draw(pydot: Any, dot: Any, model: Any, shown: _Shown, expand_nested: bool) -> Any:
    """Adds the boxes and arrows of a model to a graph."""
    calls = _calls_in(model)
    for operation in _operations_in(model):
        if expand_nested and _is_graph(operation):
            dot.add_subgraph(_cluster(pydot, operation, shown, expand_nested))
        else:
            label = _label(operation, calls.get(id(operation), []), shown)
            dot.add_node(pydot.Node(str(id(operation)), label=label))
    arrows = ((str(id(a)), str(id(b))) for a, b in _arrows(model, expand_nested))
    for source, destination in dict.fromkeys(arrows):
        dot.add_edge(pydot.Edge(source, destination))
    return dot


def _graph(model: Any) -> Function | None:
    """The graph of a functional or sequential model."""
    if isinstance(model, Function):
        return model
    return getattr(model, "_functional", None)


def _is_graph(operation: Any) -> bool:
    return _graph(operation) is not None


def _operations_in(model: Any) -> list[Any]:
    """What is a box: a sequential model has none for its input, as in Keras."""
    if isinstance(model, Function):
        return model.operations
    return model.layers if _is_graph(model) else [model]


def _calls_in(model: Any) -> dict[int, list[Any]]:
    """The nodes of each operation in the graph of a model, in the order of the calls."""
    calls: dict[int, list[Any]] = {}
    for node in sorted(getattr(_graph(model), "_nodes", ()), key=lambda node: node.order):
        calls.setdefault(id(node.operation), []).append(node)
    return calls


def _arrows(model: Any, expand_nested: bool) -> Iterator[tuple[Any, Any]]:
    boxes = {id(operation) for operation in _operations_in(model)}
    for node in getattr(_graph(model), "_nodes", ()):
        for i, x in enumerate(node.input_tensors):
            source, _, output = x._keras_history
            if id(source) not in boxes:
                continue  # the input of a sequential model
            if expand_nested:
                yield _last_box(source, output), _first_box(node.operation, i)
            else:
                yield source, node.operation


def _last_box(operation: Any, output: int) -> Any:
    """The layer inside nested models that an output comes from."""
    while _is_graph(operation):
        operation, _, output = operation.outputs[output]._keras_history
    return operation


def _first_box(operation: Any, index: int) -> Any:
    """The layer inside nested models that gets an input: of a functional model its input layer."""
    while _is_graph(operation):
        if isinstance(operation, Function):
            return operation.inputs[index]._keras_history.operation
        operation = operation.layers[0]
    return operation


def _label(operation: Any, nodes: list[Any], shown: _Shown) -> str:
    """The table that a box shows, in Graphviz's HTML."""
    kind, cells = type(operation).__name__, list(_cells(operation, nodes, shown))
    span = max(1, len(cells))
    title = f"<b>{_escaped(operation.name)}</b> ({kind})" if shown.names else f"<b>{kind}</b>"
    rows = [_cell(f'<font color="white" point-size="16">{title}</font>', span, _INK)]
    activation = getattr(operation, "activation", None)
    if shown.activations and activation is not None:
        name = getattr(activation, "name", None) or getattr(activation, "__name__", activation)
        rows.append(_cell(f"Activation: <b>{_escaped(name)}</b>", span))
    if cells:
        rows.append("".join(cells))
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    table = f'<table border="0" cellborder="1" cellspacing="0" cellpadding="8" color="{_INK}">'
    return f"<{table}{body}</table>>"


def _cells(operation: Any, nodes: list[Any], shown: _Shown) -> Iterator[str]:
    inputs = _shared([[x.shape for x in node.input_tensors] for node in nodes])
    outputs = _shared([[x.shape for x in node.outputs] for node in nodes])
    if shown.shapes and not _is_input(nodes):
        yield _cell(f"Input shape: <b>{inputs}</b>")
    if shown.shapes:
        yield _cell(f"Output shape: <b>{outputs}</b>")
    if shown.dtypes:
        dtypes = _shared([[x.dtype for x in node.outputs] for node in nodes])
        yield _cell(f"Output dtype: <b>{dtypes}</b>")
    if shown.trainable and getattr(operation, "weights", None):
        trained = operation.trainable
        text = "Trainable" if trained else "Non-trainable"
        color = _GREEN if trained else _RED
        yield _cell(f'<font color="white"><b>{text}</b></font>', background=color)


def _is_input(nodes: list[Any]) -> bool:
    return bool(nodes) and all(node.is_input for node in nodes)


def _shared(of_calls: list[list[Any]]) -> str:
    """The shapes or types of each call; of several calls that are alike once."""
    each = [", ".join(str(x) for x in values) for values in of_calls]
    return _escaped(" or ".join(dict.fromkeys(each)) or "?")


def _cell(text: str, span: int = 1, background: str = "white") -> str:
    return f'<td colspan="{span}" bgcolor="{background}">{text}</td>'


def _escaped(text: Any) -> str:
    return html.escape(str(text), quote=False)
