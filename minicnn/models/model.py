"""`Model`: a layer with methods to train, evaluate, save and print it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from minicnn.common.suggest import did_you_mean, shown
from minicnn.layers.base.layer import Layer
from minicnn.models import functional_config
from minicnn.models.state_tree import assign_state_tree, state_tree
from minicnn.models.summary import print_summary, summary_table
from minicnn.saving import saving_api, saving_lib
from minicnn.serialization import serialization_lib
from minicnn.trainers.trainer import Trainer


class Model(Trainer, Layer):
    """Layers combined, in one of three ways.

    From symbolic tensors: `Model(inputs, outputs)` makes a `Functional` model.
    By subclassing: layers in `__init__`, the computation in `call(inputs, training=None)`.
    From a list: `Sequential([...])`.

    Example:
        >>> import minicnn as keras
        >>> inputs = keras.Input((4,))
        >>> outputs = keras.layers.Dense(2)(inputs)
        >>> model = keras.Model(inputs, outputs)
        >>> model(keras.ops.ones((3, 4))).shape
        (3, 2)
    """

    functional_class: type[Model]
    """`Functional`, which is a subclass of this class and assigns itself here."""

    _is_functional = False
    """Whether the model is a graph of calls: `Functional` sets it to True."""

    _saves_layers_by_class = False
    """Whether files keep the layers as `layers/conv2d`, not under the attributes' names."""

    def __new__(cls, *args: Any, **kwargs: Any):
        if cls is Model and is_functional(args, kwargs):
            return cls.functional_class.__new__(cls.functional_class, *args, **kwargs)
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any):
        if is_functional(args, kwargs) and not isinstance(self, self.functional_class):
            self.functional_class.become_base_of(type(self))
            self.functional_class.__init__(self, *args, **kwargs)
            return
        Trainer.__init__(self)
        Layer.__init__(self, *args, **kwargs)

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, Any]:
        """All variables, of the optimizer and the metrics too, in dicts by parts of their paths.

        Example:
            >>> import minicnn as keras
            >>> layers = [keras.Input((1,)), keras.layers.Dense(1, use_bias=False, name="scores")]
            >>> tree = keras.Sequential(layers, name="net").get_state_tree("numpy_array")
            >>> tree["trainable_variables"]["net"]["scores"]["kernel"].shape
            (1, 1)

        Args:
            value_format: "backend_tensor" or "numpy_array".
        """
        return state_tree(self, value_format)

    def set_state_tree(self, state_tree: dict[str, Any]) -> None:
        """Gives variables the values of a tree, as of `get_state_tree`: all of them, or none.

        Args:
            state_tree: the tree; variables that it has not stay as they are.
        """
        assign_state_tree(self, state_tree)

    @property
    def layers(self) -> list[Layer]:
        """The layers directly in the model."""
        return self._flatten_layers(include_self=False, recursive=False)

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError(
            "`Model.layers` attribute is reserved and should not be used. Please use another name."
        )

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of this name, or at this index of `layers`."""
        if (name is None) == (index is None):
            raise ValueError(
                f"Provide either a layer name or a layer index at `get_layer`: got name={name!r}, "
                f"index={index}."
            )
        if index is not None:
            if len(self.layers) <= index:
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has "
                    f"{len(self.layers)} layers."
                )
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        names = [layer.name for layer in self.layers]
        raise ValueError(
            f"No such layer: {name}.{did_you_mean(name, names)} Existing layers are: {names}."
        )

    def summary(
        self,
        line_length: int | None = None,
        positions: list[float] | None = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: tuple[str, str] | None = None,
        columns: Any = (),
    ) -> None:
        """Prints a table of the layers, their output shapes and numbers of parameters.

        Args:
            line_length: width of the table.
            positions: where the columns end, as parts of the width.
            print_fn: called with the text instead of `print`.
            expand_nested: whether models inside the model are listed layer by layer.
            show_trainable: whether a column shows which layers are trainable.
            layer_range: names of the first and the last layer to list.
            columns: more columns: results of `minicnn.analysis`, such as `operations(model)`,
                `receptive_field(model)` and `activations(model, x)` (the range of the outputs), in
                a list; or a dict of titles and functions of a layer.

        Example:
            >>> import minicnn as keras
            >>> from minicnn.analysis import operations, receptive_field
            >>> model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3)])
            >>> model.summary(columns=[operations(model), receptive_field(model)])
            Model: "sequential..."
            ...
            │ conv2d... (Conv2D) │ (None, 6, 6, 4) │ 40 │ 1,296 │ 3 × 3 │
            ...
        """
        print_summary(
            self,
            line_length=line_length,
            positions=positions,
            print_fn=print_fn,
            expand_nested=expand_nested,
            show_trainable=show_trainable,
            layer_range=layer_range,
            columns=columns,
        )

    def _repr_html_(self) -> str:
        """The summary, as notebooks show it.

        >>> import minicnn as keras
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="scores")])
        >>> "scores (Dense)" in model._repr_html_()
        True
        """
        return summary_table(self)._repr_html_()

    def save(
        self, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any
    ) -> None:
        """Writes the model, with its weights and the optimizer's state, into a `.keras` file."""
        saving_api.save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def save_weights(self, filepath: Any, overwrite: bool = True, **kwargs: Any) -> None:
        """Writes the weights into a `.weights.h5` file."""
        saving_api.save_weights(self, filepath, overwrite=overwrite, **kwargs)

    def load_weights(self, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
        """Reads the weights from a `.weights.h5` or a `.keras` file."""
        saving_api.load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    def to_json(self, **kwargs: Any) -> str:
        """The architecture as JSON, from which `model_from_json` makes an untrained model."""
        return json.dumps(serialization_lib.serialize_keras_object(self), **kwargs)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict | None = None) -> Model:
        """Makes a model from what `get_config` returned."""
        is_graph = {"name", "layers", "input_layers", "output_layers"} <= set(config)
        if is_graph and (cls is Model or cls.functional_class.is_constructor_of(cls)):
            made = cls.functional_class if cls is Model else cls
            return functional_config.from_config(made, config, custom_objects)
        try:
            return cls(**config)
        except TypeError as error:
            raise TypeError(
                "Unable to revive model from config. When overriding `get_config()`, make sure "
                "that the returned config contains all items used as arguments of "
                f"{cls.__name__}.__init__, or override `from_config()`. Config: {shown(config)}. "
                f"Error: {error}"
            ) from error

    def _get_variable_map(self) -> dict[str, Any]:
        """The variables by their paths, which must be unique."""
        found: dict[str, Any] = {}
        for variable in self.weights:
            if variable.path in found and found[variable.path] is not variable:
                raise ValueError(
                    f"The following variable path is found twice in the model: '{variable.path}'. "
                    "Make layer names unique."
                )
            found[variable.path] = variable
        return found


def is_functional(args: tuple, kwargs: dict) -> bool:
    """Whether the arguments of a model are symbolic inputs and outputs."""
    return (
        len(args) == 2
        or (len(args) == 1 and "outputs" in kwargs)
        or {"inputs", "outputs"} <= set(kwargs)
    )


def model_from_json(json_string: str, custom_objects: dict | None = None) -> Model:
    """Makes an untrained model from the result of `Model.to_json`."""
    return saving_lib.model_from_text(json_string, custom_objects)
