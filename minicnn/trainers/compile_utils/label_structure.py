"""Labels brought into the structure of the predictions."""

from __future__ import annotations

from typing import Any

from minicnn import tree


def match_labels(y_true: Any, y_pred: Any, output_names: list[str] | None, loss: Any) -> Any:
    """`y_true` nested as `y_pred` is.

    They may differ in the types of the nodes (list or tuple), labels of one output may come
    without the list around them, labels of listed outputs may come in a dict by output name, and
    where `loss` leaves outputs out, their labels may be left out as well.

    Raises:
        ValueError: labels that do not fit.
    """
    if _same(tree.assert_same_structure, y_true, y_pred):
        return y_true
    if not tree.is_nested(y_true) and tree.is_nested(y_pred) and len(y_pred) == 1:
        y_true = [y_true]
    if isinstance(y_pred, (list, tuple)) and _is_by_name(y_true, output_names):
        y_true = [y_true[name] for name in output_names]
    labels, places = tree.flatten(y_true), tree.flatten(y_pred)
    flat = isinstance(y_true, (list, tuple)) and len(labels) == len(y_true)
    if len(labels) == len(places) and (flat or _same(tree.assert_same_paths, y_true, y_pred)):
        return tree.pack_sequence_as(y_pred, labels)
    if sum(each is not None for each in tree.flatten(loss)) == len(labels) != len(places):
        return _fill_in(labels, loss)
    raise ValueError(_differ(y_true, y_pred, output_names))


def _is_by_name(y_true: Any, output_names: list[str] | None) -> bool:
    return isinstance(y_true, dict) and set(output_names or ()) == set(y_true)


def _same(check: Any, y_true: Any, y_pred: Any) -> bool:
    try:
        check(y_true, y_pred)
    except ValueError:
        return False
    return True


def _fill_in(labels: list, loss: Any) -> Any:
    """The labels where `loss` has a loss, None elsewhere."""
    remaining = iter(labels)
    return tree.map_structure(lambda each: None if each is None else next(remaining), loss)


def _differ(y_true: Any, y_pred: Any, output_names: list[str] | None) -> str:
    names = f" (its outputs: {list(output_names)})" if output_names else ""
    return (
        "y_true and y_pred have different structures. The targets must be nested as the outputs of "
        "the model are, with one array of targets for each output"
        f"{names}.\ny_true: {_stars(y_true)}\ny_pred: {_stars(y_pred)}"
    )


def _stars(structure: Any) -> Any:
    return tree.map_structure(lambda _: "*", structure)
