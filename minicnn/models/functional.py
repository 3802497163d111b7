"""`Functional`: a model defined by symbolic inputs and outputs."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any

from minicnn import ops, tree
from minicnn.autodiff import Tensor
from minicnn.common import configuration
from minicnn.common.warn_once import warn_once
from minicnn.layers.base.call_context import surrounding_values
from minicnn.layers.base.check_input import missing_inputs
from minicnn.layers.base.input_spec import InputSpec
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.masks import mask_of
from minicnn.layers.core.input_layer import Input, InputLayer
from minicnn.models import functional_config
from minicnn.models.fusion import FUSED_NODES, fused_nodes
from minicnn.models.model import Model
from minicnn.ops.symbolic.function import Function
from minicnn.ops.symbolic.keras_tensor import KerasTensor, any_symbolic_tensors
from minicnn.ops.symbolic.node import Node


class Functional(Function, Model):
    """The model that computes `outputs` from `inputs`; `Model(inputs, outputs)` makes one.

    Args:
        inputs: symbolic tensors from `Input`, or from the middle of another model.
        outputs: symbolic tensors computed from them.
        name: made up if not given.
        trainable: whether training changes the weights.
    """

    _is_functional = True
    _saves_layers_by_class = True

    def __init__(
        self,
        inputs: Any,
        outputs: Any,
        name: str | None = None,
        trainable: bool | None = None,
        **kwargs: Any,
    ):
        if kwargs:
            raise ValueError(
                f"Unrecognized keyword arguments passed to a functional model: {kwargs}"
            )
        _check_symbolic("inputs", inputs)
        _check_symbolic("outputs", outputs)
        _warn_of_other_keys(inputs)
        if not all(map(_is_input, tree.flatten(inputs))):
            inputs, outputs = _with_new_inputs(inputs, outputs)
        Function.__init__(self, inputs, outputs, name=name)
        self.built = True
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True
        self.output_names = [x._keras_history.operation.name for x in self.outputs]
        if trainable is not None:
            self._trainable = bool(trainable)  # of the model; each layer has its own

    @property
    def _layers(self) -> list[Layer]:
        attributes = [
            x for x in super()._layers if not any(x is layer for layer in self._operations)
        ]
        return [x for x in self._operations if isinstance(x, Layer)] + attributes

    @property
    def layers(self) -> list[Layer]:
        """The layers of the graph, from the inputs to the outputs."""
        return [x for x in self._operations if isinstance(x, Layer)]

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError(
            "`Model.layers` attribute is reserved and should not be used. Please use another name."
        )

    def call(
        self, inputs: Any, training: bool | None = None, mask: Any = None, **kwargs: Any
    ) -> Any:
        """Computes layer after layer."""
        flat = self._standardize_inputs(inputs)
        for x, m in zip(flat, tree.flatten(mask) if mask is not None else [], strict=False):
            if m is not None:
                x._keras_mask = m
        settings = {"training": training, **kwargs}
        if self._context_has(settings):
            settings = {}
        keeps_masks = self._drawn_with_masks

        def runnable(operation: Any) -> Callable:
            run = _with_settings(operation, settings)
            return _with_masks_kept(run) if keeps_masks else run

        outputs = self._run_through_graph(flat, runnable, self._steps(flat, bool(training)))
        if isinstance(outputs, (list, tuple)) and len(outputs) == 1:
            return outputs[0]
        return outputs

    @functools.cached_property
    def _drawn_with_masks(self) -> bool:
        return any(mask_of(x) is not None for node in self._nodes for x in node.outputs)

    def _context_has(self, settings: dict[str, Any]) -> bool:
        """Whether the layers read these settings from the call context, so none must be passed."""
        around = surrounding_values()
        if around is None or any(around.get(name) is not value for name, value in settings.items()):
            return False
        if "_calls_without_settings" not in self.__dict__:
            self._calls_without_settings = not any(node.arguments.kwargs for node in self._nodes)
        return self._calls_without_settings

    def _steps(self, inputs: list, training: bool) -> list[Node]:
        """The nodes in order, with one node for each pair of layers that is fused."""
        if not configuration.fusion() or any(mask_of(x) is not None for x in inputs):
            return self._nodes
        if FUSED_NODES[training] not in self.__dict__:
            for in_training, name in FUSED_NODES.items():
                setattr(self, name, fused_nodes(self._nodes, self._outputs, in_training))
        return self.__dict__[FUSED_NODES[training]]

    def compute_output_spec(
        self, inputs: Any, training: bool | None = None, mask: Any = None
    ) -> Any:
        """The outline of the outputs for inputs of these shapes."""
        flat = self._standardize_inputs(inputs)
        outputs = Function.compute_output_spec(
            self, tree.pack_sequence_as(self._inputs_struct, flat)
        )
        if isinstance(outputs, (list, tuple)) and len(outputs) == 1:
            return outputs[0]
        return outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shapes of the outputs for inputs of these shapes."""
        inputs = tree.map_shape_structure(lambda s: KerasTensor(s), input_shape)
        for x, own in zip(tree.flatten(inputs), self._inputs, strict=False):
            x._dtype = own.dtype
        return tree.map_structure(lambda x: x.shape, self.compute_output_spec(inputs))

    def build(self, input_shape: Any = None) -> None:
        """Does nothing: the layers were built when the graph was made."""
        self.built = True

    def _refuse_new_state(self) -> None:
        """Allows more layers as attributes."""

    @property
    def input_shape(self) -> Any:
        """Shape of the input, or a list of the shapes of the inputs."""
        return _shapes(self.inputs)

    @property
    def output_shape(self) -> Any:
        """Shape of the output, or a list of the shapes of the outputs."""
        return _shapes(self.outputs)

    @property
    def input(self) -> Any:
        """The symbolic inputs as they were given."""
        return self._inputs_struct

    @property
    def output(self) -> Any:
        """The symbolic outputs as they were given."""
        return self._outputs_struct

    def add_loss(self, loss: Any) -> None:
        """Raises: a functional model has no `call` of its own to add a loss in."""
        raise NotImplementedError(
            "A functional model has no `call` of its own to add a loss in: use `add_loss` in the "
            "`call` of a layer."
        )

    @property
    def input_spec(self) -> Any:
        """The ranks and shapes that the inputs must have."""
        if self.__dict__.get("_manual_input_spec") is not None:
            return self._manual_input_spec
        if "_graph_input_spec" not in self.__dict__:
            self._graph_input_spec = _specs_of(self._inputs_struct, self._inputs)
        return self._graph_input_spec

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        self._manual_input_spec = value

    def _check_input(self, first: Any) -> None:
        for x, own in zip(tree.flatten(first), self._inputs, strict=False):
            if x is None and not own._keras_history.operation.optional:
                raise ValueError(
                    f"The input '{own.name}' is not optional, but None was passed. Please provide "
                    "a valid tensor."
                )
        super()._check_input(self._by_name(first))

    def _by_name(self, inputs: Any) -> Any:
        """Inputs given as a dict, in the order of the model's list of inputs."""
        if not isinstance(inputs, dict) or isinstance(self._inputs_struct, dict):
            return inputs
        names = [x.name for x in self._inputs]
        if not set(names) <= set(inputs):
            raise ValueError(missing_inputs(self.name, names, inputs))
        if len(inputs) > len(names):
            self._warn_of_extra_keys(inputs, names)
        return [inputs[name] for name in names]

    def _standardize_inputs(self, inputs: Any) -> list:
        """The inputs flat, as tensors of the types and ranks of the symbolic inputs."""
        own = self._inputs_struct
        if isinstance(inputs, Tensor) and isinstance(own, KerasTensor):
            return [self._adapted(inputs, own, 0)]
        inputs = self._by_name(inputs)
        if isinstance(inputs, dict) and isinstance(self._inputs_struct, dict):
            inputs = self._without_extra_keys(inputs)
        self._check_structure(inputs)
        flat = tree.flatten(inputs)
        return [
            x if x is None else self._adapted(x, own, i)
            for i, (x, own) in enumerate(zip(flat, self._inputs, strict=True))
        ]

    def _without_extra_keys(self, inputs: dict) -> dict:
        if set(inputs) > set(self._inputs_struct):
            self._warn_of_extra_keys(inputs, list(self._inputs_struct))
            return {key: inputs[key] for key in self._inputs_struct}
        return inputs

    def _warn_of_extra_keys(self, inputs: dict, names: list[str]) -> None:
        if any_symbolic_tensors((inputs,)):
            return  # the call with values warns
        extra = [key for key in inputs if key not in names]
        warn_once(
            f"extra inputs of {self.name}",
            f"The structure of `inputs` doesn't match the expected structure: model '{self.name}' "
            f"has the inputs {names}, and leaves out {extra}.",
        )

    def _check_structure(self, inputs: Any) -> None:
        flat = tree.flatten(inputs)
        if len(flat) != len(self._inputs):
            raise ValueError(self._other_structure(inputs))
        single = len(flat) == 1
        try:
            tree.assert_same_structure(
                tree.lists_to_tuples(inputs), tree.lists_to_tuples(self._inputs_struct)
            )
        except ValueError:
            unordered = isinstance(self._inputs_struct, dict) and list(
                self._inputs_struct
            ) != sorted(self._inputs_struct)
            if unordered and not isinstance(inputs, dict):
                raise ValueError(self._other_structure(inputs)) from None
            if not single:
                warnings.warn(self._other_structure(inputs), stacklevel=4)

    def _other_structure(self, inputs: Any) -> str:
        expected = tree.map_structure(lambda x: x.name, self._inputs_struct)
        received = tree.map_structure(
            lambda x: "None" if x is None else f"Tensor(shape={tuple(getattr(x, 'shape', ()))})",
            inputs,
        )
        return (
            "The structure of `inputs` doesn't match the expected structure.\n"
            f"Expected: {expected}\nReceived: inputs={received}"
        )

    def _adapted(self, x: Any, own: KerasTensor, i: int) -> Any:
        """One input, with a last axis of length 1 added or removed if only that differs."""
        mask = getattr(x, "_keras_mask", None)
        if isinstance(x, KerasTensor):
            y = x if x.dtype == own.dtype else KerasTensor(x.shape, own.dtype)
        else:
            y = ops.convert_to_tensor(x, dtype=own.dtype)
        rank, expected = len(y.shape), len(own.shape)
        if rank == expected + 1 and y.shape[-1] == 1:
            y = ops.squeeze(y, axis=-1)
        elif rank == expected - 1 and own.shape[-1] == 1:
            y = ops.expand_dims(y, axis=-1)
        elif rank != expected:
            path = ".".join(str(part) for part in tree.flatten_with_path(self._inputs_struct)[i][0])
            raise ValueError(
                f"Invalid input shape for input {x} with name '{own.name}' and path '{path}'. "
                f"Expected shape {own.shape}, but input has incompatible shape {tuple(x.shape)}"
            )
        if mask is not None and y is not x:
            y._keras_mask = mask
        return y

    def get_config(self) -> dict[str, Any]:
        """The graph, from which `from_config` makes an equal model, without the weights."""
        if not self.is_constructor_of(type(self)):
            return Model.get_config(self)
        return functional_config.get_config(self)

    @staticmethod
    def is_constructor_of(cls: type) -> bool:
        """Whether a class has `Functional`'s constructor: inputs and outputs."""
        own = inspect.getfullargspec(cls.__init__)
        if own.args[1:] == inspect.getfullargspec(Functional.__init__).args[1:]:
            return True
        return own.varargs is not None and own.varkw is not None

    @staticmethod
    def become_base_of(cls: type) -> None:
        """Makes a subclass of `Model` that got inputs and outputs inherit from `Functional`."""
        if cls is Model or Functional in cls.__mro__:
            return
        cls.__bases__ = tuple(Functional if base is Model else base for base in cls.__bases__)
        for base in cls.__bases__:
            if issubclass(base, Model) and Functional not in base.__mro__:
                Functional.become_base_of(base)


def _check_symbolic(argument: str, struct: Any) -> None:
    for x in tree.flatten(struct):
        if not isinstance(x, KerasTensor):
            raise ValueError(
                f"All `{argument}` values must be KerasTensors. Received: {argument}={struct} "
                f"including invalid value {x} of type {type(x)}"
            )


def _warn_of_other_keys(inputs: Any) -> None:
    for key, x in inputs.items() if isinstance(inputs, dict) else ():
        if isinstance(x, KerasTensor) and key != x.name:
            warnings.warn(
                "When providing `inputs` as a dict, all keys in the dict must match the names of "
                f"the corresponding tensors. Received key '{key}' mapping to value {x} which has "
                f"name '{x.name}'. Change the tensor name to '{key}' (via `Input(..., "
                f"name='{key}')`)",
                stacklevel=3,
            )


def _is_input(x: KerasTensor) -> bool:
    history = getattr(x, "_keras_history", None)
    return history is not None and isinstance(history.operation, InputLayer)


def _with_new_inputs(inputs: Any, outputs: Any) -> tuple:
    """The graph rebuilt with new inputs in place of tensors from inside another model."""
    part = Function(inputs, outputs)
    fresh = tree.map_structure(
        lambda x: x if _is_input(x) else Input(batch_shape=x.shape, dtype=x.dtype, name=x.name),
        inputs,
    )
    return fresh, part._run_through_graph(fresh)


def _with_settings(operation: Any, settings: dict[str, Any]) -> Callable:
    """The operation called with the model's `training` and so on instead of the node's."""
    if not settings:
        return operation
    own = getattr(operation, "_call_context_args", ())
    given = {name: value for name, value in settings.items() if name in own and value is not None}
    if not given:
        return operation
    return lambda *args, **kwargs: operation(*args, **{**kwargs, **given})


def _with_masks_kept(run: Callable) -> Callable:
    """The call, after which its inputs still have the masks that a layer of attention takes off.

    In a drawn model, as in Keras, the masks are part of the graph.
    """

    def keep(*args: Any, **kwargs: Any) -> Any:
        masked = [x for x in tree.flatten((args, kwargs)) if mask_of(x) is not None]
        masks = [mask_of(x) for x in masked]
        result = run(*args, **kwargs)
        for x, mask in zip(masked, masks, strict=True):
            x._keras_mask = mask
        return result

    return keep


def _shapes(tensors: list[KerasTensor]) -> Any:
    shapes = [x.shape for x in tensors]
    return shapes[0] if len(shapes) == 1 else shapes


def _specs_of(struct: Any, inputs: list[KerasTensor]) -> list[InputSpec] | None:
    if not isinstance(struct, dict):
        return [_spec_of(x, x._keras_history.operation.name) for x in inputs]
    if not all(isinstance(x, KerasTensor) for x in struct.values()):
        return None
    return [_spec_of(struct[name], name) for name in sorted(struct)]


def _spec_of(x: KerasTensor, name: str) -> InputSpec:
    return InputSpec(
        shape=(None, *x.shape[1:]) if x.shape else (),
        allow_last_axis_squeeze=True,
        name=name,
        optional=x._keras_history.operation.optional,
    )


Model.functional_class = Functional
