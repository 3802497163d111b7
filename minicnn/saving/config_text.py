"""Reads the JSON text of a model's config, within limits."""

from __future__ import annotations

import json
from typing import Any

from minicnn.common.printing import readable_memory_size
from minicnn.saving import limits
from minicnn.saving.limits import FileRefused


def read_config_text(text: str | bytes, description: str) -> dict[str, Any]:
    """The config of a model from its JSON; raises an error that says what is wrong with it."""
    config = read_json(text, description)
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise FileRefused(
            f"{description} does not describe a model: it has no 'class_name' that is a name."
        )
    return config


def read_json(text: str | bytes, description: str) -> Any:
    """The value of a text in JSON; raises if it is none, or exceeds the limits of a config."""
    try:
        _check_size(text, description)
        config = json.loads(text)
        if _nesting(config) > limits.CONFIG_NESTING:
            raise RecursionError(f"nested more than {limits.CONFIG_NESTING} deep")
    except FileRefused:
        raise
    except (ValueError, TypeError, RecursionError) as error:
        raise FileRefused(f"{description} is not JSON: {error}") from error
    return config


def _check_size(text: str | bytes, description: str) -> None:
    if len(text) > limits.CONFIG_BYTES:
        raise FileRefused(
            f"Not allowed: {description} has {readable_memory_size(len(text))}, and the config of "
            f"a model may have {readable_memory_size(limits.CONFIG_BYTES)}."
        )
    opening = (b"{", b"[") if isinstance(text, bytes) else ("{", "[")
    containers = sum(text.count(bracket) for bracket in opening)
    if containers > limits.CONFIG_CONTAINERS:
        raise FileRefused(
            f"Not allowed: {description} is not JSON of a model: it has {containers} lists and "
            f"dicts, and the config of a model may have {limits.CONFIG_CONTAINERS}."
        )


def _nesting(config: Any) -> int:
    """The largest number of lists and dicts inside each other."""
    depth, level = 0, [config]
    while level := [x for x in level if isinstance(x, (dict, list))]:
        depth += 1
        level = [y for x in level for y in (x.values() if isinstance(x, dict) else x)]
    return depth
