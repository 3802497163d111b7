"""`Function`: the computation between symbolic inputs and outputs, as an operation of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minicnn import tree
from minicnn.autodiff import Tensor
from minicnn.ops.symbolic.graph_order import map_graph
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.node import Node
from minicnn.ops.symbolic.operation import Operation


class Function(Operation):
    """The computation from symbolic `inputs` to symbolic `outputs`.

    Args:
        inputs: a symbolic tensor, or nested ones.
        outputs: likewise.
        name: made up if not given.

    Example:
        >>> import minicnn as keras
        >>> x = keras.KerasTensor((None, 2))
        >>> double = keras.Function(x, keras.ops.multiply(x, 2))
        >>> double(keras.ops.ones((1, 2)))
        Tensor([[2., 2.]], dtype=float32)
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None):
        super().__init__(name=name)
        self._inputs_struct = tree.map_structure(lambda x: x, inputs)
        self._outputs_struct = tree.map_structure(lambda x: x, outputs)
        self._inputs = tree.flatten(inputs)
        self._outputs = tree.flatten(outputs)
        if not self._inputs:
            raise ValueError("`inputs` argument cannot be empty: a function needs an input.")
        if not self._outputs:
            raise ValueError("`outputs` argument cannot be empty: a function needs an output.")
        for x in self._inputs:
            _make_input(x)
        self._check_outputs_have_history()
        graph = map_graph(self._inputs, self._outputs)
        self._nodes = graph.nodes
        self._operations = graph.operations
        self._depth_of = graph.depth_of
        self._check_outputs_are_reached()

    @property
    def operations(self) -> list:
        """The operations in the order of computation."""
        return list(self._operations)

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic inputs, flat."""
        return self._inputs

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic outputs, flat."""
        return self._outputs

    def call(self, inputs: Any) -> Any:
        """Computes the outputs from values of the inputs."""
        self._check_inputs(inputs)
        return self._run_through_graph(inputs)

    def compute_output_spec(self, inputs: Any) -> Any:
        """The outline of the outputs for inputs of these shapes."""
        self._check_inputs(inputs)
        shapes = [x.shape for x in tree.flatten(inputs)]
        if shapes == [x.shape for x in self._inputs]:
            return tree.map_structure(lambda x: KerasTensor(x.shape, x.dtype), self._outputs_struct)
        return self._run_through_graph(inputs, lambda operation: operation.compute_output_spec)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shapes of the outputs for inputs of these shapes."""
        inputs = tree.map_shape_structure(lambda s: KerasTensor(s), input_shape)
        for x, own in zip(tree.flatten(inputs), self._inputs, strict=False):
            x._dtype = own.dtype
        return tree.map_structure(lambda x: x.shape, self.compute_output_spec(inputs))

    def _run_through_graph(
        self,
        inputs: Any,
        operation_fn: Callable = lambda operation: operation,
        nodes: list[Node] | None = None,
    ) -> Any:
        """Computes the nodes in order from the inputs' values; returns the outputs' values."""
        values = {id(x): value for x, value in zip(self._inputs, tree.flatten(inputs), strict=True)}
        for node in self._nodes if nodes is None else nodes:
            if node.is_input or all(id(x) in values for x in node.outputs):
                continue
            operation = operation_fn(node.operation)
            if node.only_input is not None:
                result = operation(values[id(node.only_input)])
            else:
                args, kwargs = node.arguments.fill_in(values)
                result = operation(*args, **kwargs)
            results = [result] if isinstance(result, Tensor) else tree.flatten(result)
            for x, value in zip(node.outputs, results, strict=True):
                values[id(x)] = value
        return tree.pack_sequence_as(self._outputs_struct, [values[id(x)] for x in self._outputs])

    def _check_outputs_have_history(self) -> None:
        for i, x in enumerate(self._outputs):
            if not hasattr(x, "_keras_history"):
                raise ValueError(self._not_connected(i, x))

    def _check_outputs_are_reached(self) -> None:
        reached = {id(x) for x in self._inputs}
        missing: list[KerasTensor] = []
        for node in self._nodes:
            lacking = [x for x in node.input_tensors if id(x) not in reached]
            if node.is_input or lacking:
                missing += lacking
            else:
                reached |= {id(x) for x in node.outputs}
        for i, x in enumerate(self._outputs):
            if id(x) not in reached:
                raise ValueError(self._not_connected(i, (missing or [x])[0]))

    def _not_connected(self, i: int, missing: KerasTensor) -> str:
        path = ".".join(str(part) for part in tree.flatten_with_path(self._outputs_struct)[i][0])
        return (
            f"Output with path `{path}` is not connected to `inputs`: it needs {missing}, which "
            "comes from none of them. Add the `Input` that it comes from to the model's inputs."
        )

    def _check_inputs(self, inputs: Any) -> None:
        try:
            tree.assert_same_structure(inputs, self._inputs_struct)
        except ValueError:
            raise ValueError(
                "Function was called with an invalid input structure. Expected input structure: "
                f"{self._inputs_struct}\nReceived input structure: {inputs}"
            ) from None
        for x, own in zip(tree.flatten(inputs), self._inputs, strict=True):
            fits = len(x.shape) == len(own.shape) and all(
                a == b or a is None or b is None for a, b in zip(x.shape, own.shape, strict=True)
            )
            if not fits:
                raise ValueError(
                    f"{type(self).__name__} was passed incompatible inputs. For input "
                    f"'{own.name}', expected shape {own.shape}, but received instead a tensor with "
                    f"shape {tuple(x.shape)}."
                )


def _make_input(x: Any) -> None:
    """Makes a symbolic tensor that no call returned the start of a graph, like an `Input`."""
    if hasattr(x, "_keras_history"):
        return
    Node(operation=Operation(name=x.name), outputs=x)
