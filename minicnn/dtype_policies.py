"""Dtype policies: the type in which a layer computes, and the type of its weights."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from typing import Any

from minicnn.common import configuration, dtypes, keras_names, session

_MIXED = {
    "mixed_float16": ("float16", "float32"),
    "mixed_bfloat16": ("bfloat16", "float32"),
}


class DTypePolicy:
    """The types of a layer, given by one name.

    "float32" (or any type) is the type of both weights and computations; "mixed_float16" and
    "mixed_bfloat16" compute in the 16-bit type and keep the weights in float32.

    >>> policy = DTypePolicy("mixed_float16")
    >>> policy.compute_dtype, policy.variable_dtype
    ('float16', 'float32')
    """

    def __init__(self, name: str | None = None):
        if name is None:
            name = dtype_policy().name
        if not isinstance(name, str):
            raise TypeError(
                f"'name' must be a string, such as 'mixed_float16'. Received: name={name} "
                f"(of type {type(name)})"
            )
        self._name = name
        self._compute_dtype, self._variable_dtype = _types_of(name)

    @property
    def name(self) -> str:
        """The name that the policy was made from."""
        return self._name

    @property
    def compute_dtype(self) -> str:
        """The type that inputs are cast to, and in which the layer computes."""
        return self._compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The type of the layer's weights."""
        return self._variable_dtype

    @property
    def quantization_mode(self) -> None:
        """Always None: there is no quantization here."""
        return None

    def convert_input(self, x: Any, autocast: bool, dtype: Any) -> Any:
        """An input as a tensor, of type `dtype` if it is a float and `autocast` is on.

        Integers and booleans keep their type; other objects are returned unchanged.
        """
        from minicnn import ops
        from minicnn.autodiff import Variable

        dtype = dtypes.standardize_dtype(dtype)
        if not hasattr(x, "dtype") and not hasattr(x, "__array__"):
            return x
        if not ops.is_tensor(x) or isinstance(x, Variable):
            x = ops.convert_to_tensor(x)
        cast = autocast and dtypes.is_float_dtype(x.dtype)
        cast = cast and dtypes.standardize_dtype(x.dtype) != dtype
        return ops.cast(x, dtype) if cast else x

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> DTypePolicy:
        """Makes a policy from its config."""
        return cls(**config)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self.name}">'

    def __eq__(self, other: object) -> bool:
        plain = (DTypePolicy, FloatDTypePolicy)
        return type(self) in plain and type(other) in plain and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


class FloatDTypePolicy(DTypePolicy):
    """The name of `DTypePolicy` in older files."""


def _types_of(name: str) -> tuple[str, str]:
    compute, variable = _MIXED.get(name, (name, name))
    try:
        return dtypes.standardize_dtype(compute), variable
    except ValueError as error:
        raise ValueError(
            f"Cannot convert '{name}' to a DTypePolicy. Expected 'mixed_float16', "
            f"'mixed_bfloat16', or the name of a dtype such as 'float32'. {error}"
        ) from None


class DTypePolicyMap(DTypePolicy, MutableMapping):
    """Policies for layers by their path; a key may be a regular expression for the whole path.

    >>> policies = DTypePolicyMap("float32", {"encoder/.*": DTypePolicy("float16")})
    >>> policies["encoder/dense"].name, policies["decoder/dense"].name
    ('float16', 'float32')
    """

    def __init__(self, default_policy: Any = None, policy_map: dict | None = None):
        if isinstance(default_policy, DTypePolicyMap):
            raise ValueError("`default_policy` cannot be a `DTypePolicyMap`.")
        if policy_map is not None and not isinstance(policy_map, dict):
            raise TypeError(
                "If specified, `policy_map` must be a dict. "
                f"Received: policy_map={policy_map} of type {type(policy_map)}"
            )
        self._default_policy_argument = default_policy
        self._default_policy = get(default_policy)
        self._policy_map = policy_map or {}

    @property
    def default_policy(self) -> DTypePolicy:
        """The policy of the paths that no key matches."""
        return self._default_policy

    @property
    def name(self) -> str:
        """The default policy's name with "map_" in front."""
        return f"map_{self.default_policy.name}"

    @property
    def compute_dtype(self) -> str:
        """The default policy's."""
        return self.default_policy.compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The default policy's."""
        return self.default_policy.variable_dtype

    def __getitem__(self, path: str) -> DTypePolicy:
        if path in self._policy_map:
            return self._policy_map[path]
        keys = [key for key in self._policy_map if re.fullmatch(key, path)]
        if len(keys) > 1:
            raise ValueError(
                f"Path '{path}' matches multiple dtype policy keys: {keys}. Make the regular "
                "expressions narrower, so that one of them matches."
            )
        return self._policy_map[keys[0]] if keys else self.default_policy

    def __setitem__(self, path: str, policy: Any) -> None:
        if path in self._policy_map:
            raise ValueError(
                f"{path} already exist in the DTypePolicyMap with value "
                f"{self._policy_map[path]}. Delete it first."
            )
        try:
            self._policy_map[path] = get(policy)
        except (TypeError, ValueError):
            raise ValueError(
                "Cannot interpret the assigned value as a dtype policy. Received: "
                f"{policy} of type {type(policy)}"
            ) from None

    def __delitem__(self, path: str) -> None:
        del self._policy_map[path]

    def __contains__(self, path: object) -> bool:
        return path in self._policy_map

    def __len__(self) -> int:
        return len(self._policy_map)

    def __iter__(self) -> Iterator[str]:
        return iter(self._policy_map)

    def __repr__(self) -> str:
        names = {path: policy.name for path, policy in self._policy_map.items()}
        return f"<DTypePolicyMap default_policy={self.default_policy.name}, mapping={names}>"

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        from minicnn.serialization import serialization_lib

        return {
            "default_policy": self._default_policy_argument,
            "policy_map": serialization_lib.serialize_keras_object(self._policy_map),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict | None = None):
        """Makes a map from its config."""
        from minicnn.serialization import serialization_lib

        policy_map = serialization_lib.deserialize_keras_object(
            config["policy_map"], custom_objects=custom_objects
        )
        return cls(config["default_policy"], policy_map)


ALL_OBJECTS = {cls.__name__: cls for cls in (DTypePolicy, FloatDTypePolicy, DTypePolicyMap)}


def dtype_policy() -> DTypePolicy:
    """The policy that layers take when they are given none; `floatx` unless it was set."""
    policy = session.get_global_attribute("dtype_policy")
    if policy is None:
        policy = DTypePolicy(configuration.floatx())
        set_dtype_policy(policy)
    return policy


def set_dtype_policy(policy: str | DTypePolicy) -> None:
    """Sets the policy that layers made from now on take when they are given none."""
    if isinstance(policy, str):
        policy = DTypePolicy(policy)
    if not isinstance(policy, DTypePolicy):
        raise ValueError(
            "Invalid `policy` argument. Expected a name such as 'mixed_float16' or a "
            f"`DTypePolicy`. Received: policy={policy} (of type {type(policy)})"
        )
    session.set_global_attribute("dtype_policy", policy)


def get(identifier: Any) -> DTypePolicy:
    """The policy meant by None (the default one), a name, a type, a config or a policy."""
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return DTypePolicy(identifier)
    try:
        return DTypePolicy(dtypes.standardize_dtype(identifier))
    except (TypeError, ValueError):
        raise ValueError(
            "Cannot interpret `dtype` argument. Expected a string or an instance of DTypePolicy. "
            f"Received: dtype={identifier}"
        ) from None


def serialize(dtype_policy: DTypePolicy) -> dict[str, Any]:
    """The policy as JSON-ready data."""
    from minicnn.serialization import serialization_lib

    return serialization_lib.serialize_keras_object(dtype_policy)


def deserialize(config: dict[str, Any], custom_objects: dict | None = None) -> DTypePolicy:
    """Makes a policy from its config."""
    from minicnn.serialization import serialization_lib

    return serialization_lib.deserialize_keras_object(
        config, module_objects=ALL_OBJECTS, custom_objects=custom_objects
    )


__getattr__ = keras_names.missing_in(__name__)
