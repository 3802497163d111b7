"""`tf.Variable`."""

from __future__ import annotations

from typing import Any

from minicnn import autodiff, ops


class Variable(autodiff.Variable):
    """minicnn's variable with TensorFlow's constructor; assigning returns the variable."""

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        import_scope: Any = None,
        constraint: Any = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
    ):
        if callable(initial_value) and not hasattr(initial_value, "shape"):
            initial_value = initial_value()
        if initial_value is None:
            raise ValueError("tf.Variable needs `initial_value`: numbers, a tensor or a function.")
        value = ops.convert_to_tensor(initial_value, dtype)
        super().__init__(
            value,
            dtype=str(value.dtype),
            trainable=trainable is None or trainable,
            name=(name or "Variable").replace("/", "_"),
        )
        self.name = f"{name or 'Variable'}:0"
        self.constraint = constraint

    def assign(self, value: Any, use_locking: bool = False, name: Any = None, read_value=True):
        """Gives the variable another value of the same shape, and returns the variable."""
        super().assign(value)
        return self

    def assign_add(self, delta: Any, use_locking: bool = False, name: Any = None, read_value=True):
        """Adds to the value, and returns the variable."""
        return self.assign(self.snapshot() + delta)

    def assign_sub(self, delta: Any, use_locking: bool = False, name: Any = None, read_value=True):
        """Subtracts from the value, and returns the variable."""
        return self.assign(self.snapshot() - delta)

    def read_value(self) -> Any:
        """The tensor that the variable names now."""
        return self.value

    def __bool__(self) -> bool:
        return bool(self.value)
