"""The settings of a layer: its path, whether it trains, in what types it computes, its config."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from minicnn import dtype_policies
from minicnn.autodiff import AutocastScope
from minicnn.autodiff.variable_scopes import autocast
from minicnn.common.dtypes import is_float_dtype
from minicnn.common.name_scope import current_path, name_scope

_OF_ONE_LAYER = (dtype_policies.DTypePolicy, dtype_policies.FloatDTypePolicy)
_NUMPY_TYPES = {"float32": np.dtype("float32"), "float64": np.dtype("float64")}


class LayerSettings:
    """Name, `trainable`, masking and types of a layer."""

    def _open_name_scope(self) -> name_scope:
        if self._parent_path is None:
            self._parent_path = current_path()
        return name_scope(self.name, caller=self)

    @property
    def path(self) -> str:
        """Names of the layers around, and the layer's own, joined by slashes."""
        return f"{self._parent_path}/{self.name}" if self._parent_path else self.name

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights; setting it sets it for all inner layers."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for variable in self._trainable_variables:
            variable.trainable = bool(value)
        for layer in self._layers:
            layer.trainable = bool(value)

    @property
    def supports_masking(self) -> bool:
        """Whether the mask of the input is a mask of the output."""
        return self._supports_masking

    @supports_masking.setter
    def supports_masking(self, value: bool) -> None:
        self._supports_masking = value

    @property
    def dtype_policy(self) -> Any:
        """In what types the layer computes and keeps its weights."""
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value: Any) -> None:
        policy = dtype_policies.get(value)
        if isinstance(self._dtype_policy, dtype_policies.DTypePolicyMap) and self.path:
            self._dtype_policy[self.path] = policy
        else:
            self._set_policy(policy)

    def _set_policy(self, policy: Any) -> None:
        self._dtype_policy = policy
        self._one_type = type(policy) in _OF_ONE_LAYER and (
            policy.compute_dtype == policy.variable_dtype
        )
        self._input_type = _NUMPY_TYPES.get(policy.compute_dtype) if self._one_type else None

    @property
    def _own_policy(self) -> Any:
        policy = self._dtype_policy
        if isinstance(policy, dtype_policies.DTypePolicyMap) and self.path:
            return policy[self.path]
        return policy

    @property
    def dtype(self) -> str:
        """Type of the weights."""
        return self.variable_dtype

    @property
    def variable_dtype(self) -> str:
        """Type of the weights."""
        return self._own_policy.variable_dtype

    @property
    def compute_dtype(self) -> str:
        """Type of the computation."""
        return self._own_policy.compute_dtype

    @property
    def input_dtype(self) -> str:
        """Type that floating point inputs are cast to."""
        return self.compute_dtype

    def _types_differ(self) -> bool:
        """Whether `call` may have to read variables in another type than theirs."""
        return not self._one_type or autocast.dtype is not None

    def _own_autocast_scope(self) -> Any:
        """How `call` reads variables: in the compute type, if theirs is another."""
        compute = self.compute_dtype
        if autocast.dtype is not None:
            casts = self.autocast and is_float_dtype(compute)
            return AutocastScope(compute if casts else None)
        if compute != self.variable_dtype:
            return AutocastScope(compute)
        return contextlib.nullcontext()
