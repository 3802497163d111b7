"""`Layer`: a differentiable function with state.

A subclass says what weights it has in `build(input_shape)` and what it computes in `call(inputs)`.
Everything else is here: building at the first call, types, `training` and masks that reach inner
layers, losses, names, and errors that say which layer they come from.
"""

from __future__ import annotations

import inspect
from contextlib import nullcontext
from typing import Any

from minicnn import dtype_policies, tree
from minicnn.autodiff import Tensor
from minicnn.common.python_utils import default, is_default
from minicnn.layers.base.build_once import given_input_shape, whole_build
from minicnn.layers.base.call_arguments import CallArguments, call_signature
from minicnn.layers.base.call_context import entered
from minicnn.layers.base.check_input import assert_input_compatibility
from minicnn.layers.base.drawn_outputs import fresh
from minicnn.layers.base.layer_build import LayerBuild
from minicnn.layers.base.layer_config import LayerConfig
from minicnn.layers.base.layer_display import LayerDisplay
from minicnn.layers.base.layer_inputs import LayerInputs
from minicnn.layers.base.layer_losses import LayerLosses
from minicnn.layers.base.layer_properties import LayerSettings
from minicnn.layers.base.layer_values import LayerValues
from minicnn.layers.base.layer_weights import LayerWeights
from minicnn.layers.base.masks import arriving_masks, pass_mask_on
from minicnn.layers.base.returned_none import check_none, remember_none
from minicnn.layers.base.shapes_for import shapes_for
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.node import Node
from minicnn.ops.symbolic.operation import Operation
from minicnn.ops.symbolic.outlining import is_outlining, outline


class Layer(
    LayerBuild,
    LayerInputs,
    LayerWeights,
    LayerValues,
    LayerLosses,
    LayerSettings,
    LayerConfig,
    LayerDisplay,
    Operation,
):
    """A function of tensors with weights, made to be put together into models.

    Args:
        activity_regularizer: a penalty on the output, added to the loss.
        trainable: whether training changes the weights.
        dtype: type, or policy such as `"mixed_float16"`.
        autocast: whether floating point inputs are cast to the layer's type.
        name: made from the class's name if not given.

    Example:
        >>> import minicnn as keras
        >>> class Scale(keras.Layer):
        ...     def build(self, input_shape):
        ...         self.factor = self.add_weight(shape=input_shape[-1:], initializer="ones")
        ...     def call(self, inputs):
        ...         return inputs * self.factor
        >>> Scale()(keras.ops.ones((2, 3))).shape
        (2, 3)
    """

    _called = False
    _makes_masks = False

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(name=name)
        from minicnn import regularizers

        input_shape = given_input_shape(kwargs)
        if kwargs:
            raise ValueError(
                f"Unrecognized keyword arguments passed to {type(self).__name__}: {kwargs}. Its "
                f"own arguments are {tuple(inspect.signature(type(self).__init__).parameters)[1:]}."
            )
        if not isinstance(trainable, bool):
            raise ValueError(
                f"Layer '{self.name}' expected `trainable` to be a boolean, but got {trainable!r}."
            )
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self._built = False
        self.input_spec = None
        self.autocast = autocast
        self._set_policy(dtype_policies.get(dtype))
        self._trainable = trainable
        self._losses: list = []
        self._supports_masking = not is_default(self.compute_mask)
        self._build_shapes_dict: dict[str, Any] | None = None
        self._built_early = False
        self._locked = False
        self._parent_path: str | None = None
        self._convert_input_args = True
        self._allow_non_tensor_positional_args = False
        self._call_context_args = {"training"}
        if input_shape is not None:
            self._input_shape_arg = input_shape

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        cls._makes_masks = not is_default(cls.compute_mask)
        if "build" in vars(cls):
            cls.build = whole_build(cls.build)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Applies the layer to tensors: builds it if need be, then runs `call`.

        Inputs come in the layer's type, `training` and masks from the calls around. Symbolic
        tensors give symbolic outputs, and the call becomes a node of their graph.
        """
        if not self._called:
            self._check_super_called()
            self._called = True
        arguments = CallArguments(call_signature(self), *self._converted(args, kwargs))
        if not arguments.given:
            self._refuse_no_arguments(arguments)
        with entered(self, arguments) as context:
            if arguments.first is None:
                check_none(self, arguments)
            self._check_input(arguments.first)
            if not self._built or self._build_shapes_dict is None:
                self._maybe_build(arguments)
            keywords = self._keywords(arguments, context)
            run = self.compute_output_spec if arguments.symbolic else self.call
            with self._own_autocast_scope() if self._types_differ() else nullcontext():
                outputs = run(*arguments.args, **keywords)
            if not self._built:
                self.built = True
                self._locked = not arguments.symbolic or is_default(self.compute_output_shape)
            if outputs is None:
                remember_none(self)
            if self.activity_regularizer is not None:
                self._penalize_activity(outputs)
            mask = keywords.get("mask")
            if arguments.masked or mask is not None or self._makes_masks:
                pass_mask_on(self, arguments, mask, outputs)
        return self._add_node(outputs, args, kwargs, arguments) if arguments.symbolic else outputs

    def _add_node(self, outputs: Any, args: tuple, kwargs: dict, arguments: CallArguments) -> Any:
        """The outputs of a symbolic call, as those of a new node in the graph."""
        if is_outlining():
            return outputs
        outputs = fresh(outputs, args, kwargs)
        said = {k: v for k, v in kwargs.items() if arguments.says_something(k, v)}
        Node(operation=self, call_args=args, call_kwargs=said, outputs=outputs)
        return outputs

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation. Every layer overrides it."""
        raise NotImplementedError(
            f"Layer {type(self).__name__} does not have a `call` method implemented."
        )

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """What the result looks like. (`__call__` adds the node.)"""
        return self.compute_output_spec(*args, **kwargs)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Shapes and types of the results."""
        if is_default(self.compute_output_shape):
            return super().compute_output_spec(*args, **kwargs)
        arguments = CallArguments(call_signature(self), args, kwargs)
        shapes = shapes_for(
            self.compute_output_shape, arguments.shapes(), arguments.signature, type(self).__name__
        )
        output_shape = self.compute_output_shape(**shapes)
        return tree.map_shape_structure(lambda s: KerasTensor(s, self.compute_dtype), output_shape)

    @default
    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result for inputs of this shape."""
        shapes = tree.map_shape_structure(lambda s: KerasTensor(s, self.compute_dtype), input_shape)
        return tree.map_structure(lambda x: x.shape, outline(self.__call__, shapes))

    @default
    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the result, from that of the input."""
        return previous_mask

    def _converted(self, args: tuple, kwargs: dict) -> tuple[list, dict]:
        """The arguments with arrays as tensors, floats in the layer's type."""
        if not self._convert_input_args:
            if not self._allow_non_tensor_positional_args:
                self._check_positional(args)
            return list(args), kwargs
        converted = []
        for x in args:
            if type(x) is not Tensor or x.array.dtype != self._input_type:
                x = self._convert(x)
                if not self._allow_non_tensor_positional_args:
                    self._check_positional(x)
            converted.append(x)
        if kwargs:
            kwargs = {name: self._convert(x) for name, x in kwargs.items()}
        return converted, kwargs

    def _check_input(self, first: Any) -> None:
        if self.input_spec is not None and first is not None:
            assert_input_compatibility(self.input_spec, first, layer_name=self.name)

    def _keywords(self, arguments: CallArguments, context: dict[str, Any]) -> dict[str, Any]:
        """The keyword arguments of `call`: those given, masks, and `training` and its like.

        The latter are as given, else as the call around has them, else the default; the calls
        inside are told all of them.
        """
        keywords = dict(arguments.kwargs)
        for name in self._call_context_args:
            value = arguments.given.get(name, context.get(name))
            if value is None:
                value = arguments.signature.defaults.get(name)
            context[name] = value
            keywords.pop(name, None)
            if value is not None and arguments.signature.accepts(name):
                keywords[name] = value
        if arguments.masked or arguments.signature.takes_masks:
            keywords |= arriving_masks(arguments)
        return keywords

    def _penalize_activity(self, outputs: Any) -> None:
        for x in tree.flatten(outputs):
            if isinstance(x, Tensor):
                self.add_loss(self.activity_regularizer(x) / max(x.shape[0] if x.ndim else 1, 1))

    def _register_call_context_args(self, *names: str) -> None:
        """Makes arguments reach the layers inside without being handed on, as `training` does."""
        if self._called:
            raise RuntimeError("Cannot add call-context args after the layer has been called.")
        self._call_context_args = self._call_context_args | set(names)

    def _check_super_called(self) -> None:
        if "_supports_masking" not in self.__dict__:
            raise RuntimeError(
                f"In layer '{type(self).__name__}', you forgot to call `super().__init__()` as the "
                "first statement in the `__init__()` method. Go add it!"
            )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"
