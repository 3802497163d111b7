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
from minicnn.autodiff import Tensor, Variable
from minicnn.common.build_once import build_lock, is_being_built
from minicnn.common.python_utils import default, is_default
from minicnn.layers.base.build_once import given_input_shape, whole_build
from minicnn.layers.base.call_arguments import CallArguments, call_signature, shapes_for
from minicnn.layers.base.call_context import check_none, entered, fresh, note_none
from minicnn.layers.base.input_spec import assert_input_compatibility
from minicnn.layers.base.layer_properties import LayerSettings
from minicnn.layers.base.layer_weights import LayerWeights
from minicnn.layers.base.masks import arriving_masks, pass_mask_on
from minicnn.layers.base.settings import settings_config
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.node import Node
from minicnn.ops.symbolic.operation import Operation
from minicnn.ops.symbolic.outlining import is_outlining, outline


class Layer(LayerWeights, LayerSettings, Operation):
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
    settings: tuple[str, ...] | None = None
    """Attributes that `get_config` writes down; in a class of one's own it finds them itself."""

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

    @property
    def built(self) -> bool:
        """Whether all weights are there."""
        return (
            self._built
            or (self._built_early and is_being_built(self))
            or (is_default(self.build) and not self._has_unbuilt_layers())
        )

    @built.setter
    def built(self, value: bool) -> None:
        if value and is_being_built(self):  # other threads are to see it when `build` has ended
            self._built_early = True
        else:
            self._built = value

    @default
    def build(self, input_shape: Any = None) -> None:
        """Makes the weights for inputs of this shape. A subclass with weights overrides it."""
        self._check_super_called()
        if input_shape is not None and self._has_unbuilt_layers():
            shapes = tree.map_shape_structure(
                lambda s: KerasTensor(s, self.compute_dtype), input_shape
            )
            with self._open_name_scope():
                outline(self.call, shapes)
        if not self._locked:
            self._build_shapes_dict = {"input_shape": input_shape}
        self.built = True
        self._locked = not is_being_built(self)

    def _has_unbuilt_layers(self) -> bool:
        # Asking each layer whether it is `built` would not end where one refers back to its owner.
        return any(
            not layer._built and not is_default(layer.build)
            for layer in self._flatten_layers(include_self=False)
        )

    def _maybe_build(self, arguments: CallArguments) -> None:
        if is_default(self.build):
            # Its state was made in `__init__`; layers inside build themselves when they are called.
            if self._build_shapes_dict is None:
                self._build_shapes_dict = arguments.shapes()
            if not self._built and not self._locked:
                self._locked = not self._has_unbuilt_layers()
            return
        if self._built:
            return
        with build_lock(self):
            if not self.built:
                self._build_for(arguments)

    def _build_for(self, arguments: CallArguments) -> None:
        shapes = arguments.shapes()
        with self._open_name_scope():
            self.build(**shapes_for(self.build, shapes, arguments.signature, type(self).__name__))
            self._check_input(arguments.first)

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes that the layer was built for, for a file."""
        shapes = self._build_shapes_dict
        if shapes is None:
            return None
        return (
            {"input_shape": next(iter(shapes.values()))}
            if len(shapes) == 1
            else {"shapes_dict": shapes}
        )

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Builds the layer for the shapes of `get_build_config`."""
        if not config:
            return
        if "input_shape" in config:
            self.build(config["input_shape"])
        elif "shapes_dict" in config:
            if is_default(self.build):
                self.build(next(iter(config["shapes_dict"].values()), None))
            else:
                self.build(**config["shapes_dict"])
        self.built = True

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
                note_none(self)
            if self.activity_regularizer is not None:
                self._penalize_activity(outputs)
            if arguments.masked or self._makes_masks:
                pass_mask_on(self, arguments, keywords.get("mask"), outputs)
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
        return converted, {name: self._convert(x) for name, x in kwargs.items()}

    def _convert(self, x: Any) -> Any:
        if x is None or isinstance(x, (bool, int, float, str)):
            return x
        return tree.map_structure(self._convert_one, x)

    def _convert_one(self, x: Any) -> Any:
        mask = getattr(x, "_keras_mask", None)
        y = self.dtype_policy.convert_input(x, self.autocast, self.input_dtype)
        if mask is not None and y is not x:
            y._keras_mask = mask
        return y

    def _check_positional(self, args: Any) -> None:
        for x in tree.flatten(args):
            if x is not None and not isinstance(x, (Tensor, KerasTensor, Variable)):
                raise ValueError(
                    "Only input tensors may be passed as positional arguments. Layer "
                    f"'{self.name}' got {x!r} (of type {type(x)}). Settings are passed by keyword; "
                    "data as arrays: `np.array(data)`."
                )

    def _refuse_no_arguments(self, arguments: CallArguments) -> None:
        if needed := arguments.signature.required:
            raise TypeError(
                f"missing a required argument: '{needed[0]}'. Layer '{self.name}' was called "
                "without anything to compute with: pass a tensor, an array or a `keras.Input`."
            )

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

    @default
    def get_config(self) -> dict[str, Any]:
        """The arguments from which `from_config` makes the same layer again, with new weights."""
        from minicnn import regularizers

        self._check_super_called()
        config = {"trainable": self.trainable, "dtype": dtype_policies.serialize(self.dtype_policy)}
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        if self.settings is not None:
            return {"name": self.name, **config, **settings_config(self, *self.settings)}
        if not is_default(self.get_config):
            return {"name": self.name, **config}
        return {**super().get_config(), **config}

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
