"""Reads the description of a model from a .keras file, without creating the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compare.cli.outcome import CannotCompare
from minicnn.saving import limits
from minicnn.saving.archive import CONFIG, describe, open_archive
from minicnn.saving.config_text import read_config_text
from minicnn.serialization import public_names
from minicnn.serialization.object_registration import get_registered_object

UNITS = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float32": 2.0**-24}
_FLOATS = ("float16", "bfloat16", "float32", "mixed_float16", "mixed_bfloat16")
_OF_THE_FILE = ("function", "__keras_tensor__", "__numpy__", "__tensor__", "__slice__")
_OF_THE_FILE += ("__ellipsis__", "__bytes__")


def read(file: str) -> dict[str, Any]:
    """The description of the model, without the arguments of `compile`."""
    name = describe(file)
    try:
        with open_archive(file, name) as archive:
            text = archive.read(CONFIG, limits.CONFIG_BYTES)
        description = read_config_text(text, f"{CONFIG} in {name}")
    except FileNotFoundError:
        raise CannotCompare(f"there is no file {file}.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise CannotCompare(f"minicnn cannot read it: {error}") from error
    return {**description, "compile_config": None}


def unknown(description: Any) -> list[str]:
    """The names of classes in a description that minicnn does not have, and of Python code."""
    names = [
        str(part["class_name"])
        for part in _parts(description)
        if isinstance(part.get("class_name"), str) and "config" in part and not _is_known(part)
    ]
    return list(dict.fromkeys(names))


def _is_known(part: dict[str, Any]) -> bool:
    name, module = part["class_name"], part.get("module") or ""
    return (
        name in _OF_THE_FILE
        or public_names.find_class(module, name) is not None
        or get_registered_object(part.get("registered_name") or name) is not None
    )


def in_float64(part: Any) -> Any:
    """The description with every float type replaced by float64."""
    if isinstance(part, list):
        return [in_float64(item) for item in part]
    if not isinstance(part, dict):
        return part
    if _is_policy(part) and part["config"]["name"] in _FLOATS:
        return {**part, "config": {"name": "float64"}}
    return {
        key: "float64" if key == "dtype" and value in _FLOATS else in_float64(value)
        for key, value in part.items()
    }


def unit(description: Any) -> float:
    """The relative rounding error of the least precise float type of all layers."""
    policies = [p["config"]["name"] for p in _parts(description) if _is_policy(p)]
    policies += [p["dtype"] for p in _parts(description) if isinstance(p.get("dtype"), str)]
    units = [UNITS.get(name.removeprefix("mixed_"), 0.0) for name in policies]
    return max([UNITS["float32"], *units])


def _is_policy(part: dict[str, Any]) -> bool:
    return part.get("class_name") == "DTypePolicy" and isinstance(part.get("config"), dict)


def _parts(description: Any) -> Iterator[dict[str, Any]]:
    """All dicts in nested data."""
    if isinstance(description, dict):
        yield description
    if isinstance(description, (dict, list)):
        items = description.values() if isinstance(description, dict) else description
        for item in items:
            yield from _parts(item)
