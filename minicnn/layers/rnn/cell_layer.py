"""What the simple, LSTM and GRU layers share: a cell of their own, whose settings are theirs."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from minicnn import ops
from minicnn.common.errors import make_from_config
from minicnn.layers.base.input_spec import InputSpec
from minicnn.layers.base.layer import Layer
from minicnn.layers.rnn.rnn import RNN

OF_RNN = RNN.settings


class CellLayer(RNN):
    """Base of the layers that make their own cell.

    A subclass sets `cell_class`; the settings of the cell are read-only attributes of the layer.
    """

    cell_class: type[Layer]

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        if "cell_class" in vars(cls):
            for name in cls.cell_class.settings:
                setattr(cls, name, property(attrgetter(f"cell.{name}")))

    def _make(self, arguments: dict[str, Any], cell_name: str, ndim: int = 3, **more: Any) -> None:
        """Makes the cell and the layer from the constructor's arguments, its `locals()`."""
        kwargs = dict(arguments["kwargs"])
        own = {name: arguments[name] for name in self.cell_class.settings}
        if "implementation" in kwargs:
            more["implementation"] = kwargs.pop("implementation")
        use_cudnn = arguments.get("use_cudnn", "auto")
        if use_cudnn not in ("auto", True, False):
            raise ValueError(
                "Invalid value received for argument `use_cudnn`. Expected one of "
                f"{{'auto', True, False}}. Received: use_cudnn={use_cudnn}"
            )
        shared = {name: kwargs[name] for name in ("dtype", "trainable") if name in kwargs}
        cell = self.cell_class(**own, **more, **shared, name=cell_name)
        flags = {name: arguments[name] for name in OF_RNN if name in arguments}
        kwargs["activity_regularizer"] = arguments["activity_regularizer"]
        RNN.__init__(self, cell, **flags, **kwargs)
        if "use_cudnn" in arguments:
            self.use_cudnn = use_cudnn
        self.input_spec = InputSpec(ndim=ndim)

    def inner_loop(self, sequences: Any, initial_state: list, mask: Any, training: bool) -> tuple:
        """All steps at once where the cell can, else one by one."""
        if getattr(self, "use_cudnn", None) is True:
            raise ValueError(
                f"Layer '{self.name}': use_cudnn=True was specified, but there is no cuDNN here. "
                "Pass use_cudnn='auto'."
            )
        whole = getattr(self.cell, "whole_sequence", None)
        if whole is None:
            return super().inner_loop(sequences, initial_state, mask, training)
        xs, its_mask = sequences, mask
        if self.go_backwards:
            xs = ops.flip(sequences, axis=1)
            its_mask = None if mask is None else ops.flip(mask, axis=1)
        after = whole(xs, initial_state, its_mask, training)
        if after is None:
            return super().inner_loop(sequences, initial_state, mask, training)
        states = [after[k, :, -1] for k in range(after.shape[0])]
        if its_mask is None:
            return states[0], after[0], states
        outputs = self._masked(after[0], its_mask)
        return outputs[:, -1], outputs, states

    def _masked(self, outputs: Any, mask: Any) -> Any:
        """The outputs with zeros in masked steps, or only in those before the first unmasked."""
        shown = mask if self.zero_output_for_mask else ops.cumsum(ops.cast(mask, "int32"), 1) > 0
        return ops.where(ops.expand_dims(shown, -1), outputs, 0)

    def get_config(self) -> dict[str, Any]:
        """The arguments: the cell's and the layer's."""
        return Layer.get_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict | None = None) -> Any:
        """Makes the layer again."""
        return make_from_config(cls, config)
