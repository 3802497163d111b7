"""One number of a layer's output: the products and steps that made it, and what it depends on."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.analysis import Explanation, Terms, explain_output, regions_before
from minicnn.studio.page_state import PageState

MOST_PRODUCTS = 4096
"""More are not sent; of larger groups the largest."""


def number(page: PageState, layer: str, channel: int, row: int, column: int) -> dict[str, Any]:
    """How one number of a layer's output came about, and its part of all earlier layers."""
    x = drawn(page)
    index = element(page, layer, channel, row, column)
    found = explain_output(page.model, x, layer, index)
    return as_message(found) | {"regions": regions(page, layer, index)}


def drawn(page: PageState) -> np.ndarray:
    """What the network gets of the drawing."""
    if page.network_input is None:
        raise ValueError("Draw something first.")
    return page.network_input


def element(page: PageState, layer: str, channel: int, row: int, column: int) -> tuple[int, ...]:
    """The index of a pixel of a map, in the layer's own order of axes."""
    shape, first = _shape_and_layout(page, layer)
    if len(shape) == 1:
        index: tuple[int, ...] = (column,)
    elif len(shape) == 2:
        index = (row, column)
    else:
        place = np.unravel_index(
            row * shape[-1 if first else -2] + column, _positions(shape, first)
        )
        index = (channel, *place) if first else (*place, channel)
    if any(i >= n for i, n in zip(index, shape, strict=True)):
        raise ValueError(f"{layer!r} has the shape {tuple(shape)}: there is nothing at {index}.")
    return tuple(int(i) for i in index)


def _positions(shape: list[int], first: bool) -> tuple[int, ...]:
    return tuple(shape[1:] if first else shape[:-1])


def _shape_and_layout(page: PageState, layer: str) -> tuple[list[int], bool]:
    description = page.description
    if layer == description.input_name and description.input is not None:
        return list(description.input.shape), description.input.colour_axis == 0
    for row in description.layers:
        if row["name"] == layer:
            return row["shape"], row["channels_first"]
    raise ValueError(f"The network has no layer {layer!r}.")


def regions(page: PageState, layer: str, index: tuple[int, ...]) -> dict[str, list[list[int]]]:
    """In each earlier layer and the input the rows and columns that an element depends on."""
    kept = page.kept_of_network
    if kept.get("regions of") != layer:
        try:
            kept["regions"] = regions_before(page.model, layer)
        except ValueError:  # a layer before it without a rule
            kept["regions"] = None
        kept["regions of"] = layer
    found = kept["regions"]
    if found is None:
        return {}
    return {name: [[s.start, s.stop] for s in part] for name, part in found.at(*index).items()}


def as_message(found: Explanation) -> dict[str, Any]:
    """An explanation as plain data and arrays."""
    return {
        "title": found.title,
        "kind": found.kind,
        "index": list(found.index),
        "value": found.value,
        "groups": [_group(terms) for terms in found.terms],
        "steps": [step._asdict() for step in found.steps],
    }


def _group(terms: Terms) -> dict[str, Any]:
    """A group of products; of many the largest, in one row."""
    products, places = terms.products, terms.places
    factors = {name: np.broadcast_to(f, products.shape) for name, f in terms.factors.items()}
    chosen = list(terms.chosen) if terms.chosen is not None else None
    count = products.size
    if count > MOST_PRODUCTS:
        order = np.argsort(-abs(products), axis=None, kind="stable")[:MOST_PRODUCTS]
        factors = {name: f.reshape(-1)[order] for name, f in factors.items()}
        places = None if places is None else places.reshape(-1, places.shape[-1])[order]
        if chosen is not None:
            chosen = [int(np.flatnonzero(order == np.ravel_multi_index(chosen, products.shape))[0])]
        products = products.reshape(-1)[order]
    return {
        "title": terms.title,
        "source": terms.source,
        "names": list(factors),
        "factors": [f.astype("float32") for f in factors.values()],
        "products": products.astype("float32"),
        "places": None if places is None else places.astype("int32"),
        "chosen": chosen,
        "count": count,
        "total": terms.total,
    }
