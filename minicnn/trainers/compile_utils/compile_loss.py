"""The total loss: one loss for each output, weighted and added up."""

from __future__ import annotations

import operator
import warnings
from functools import reduce
from typing import Any, NamedTuple

from minicnn import losses, metrics, ops, tree
from minicnn.common.build_once import built_once
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.trainers.compile_utils.identifiers import get_loss
from minicnn.trainers.compile_utils.label_structure import match_labels


class LossTerm(NamedTuple):
    """One loss, and where in the outputs it is to be found."""

    path: tuple
    loss: losses.Loss
    weight: Any
    name: str


class _WeightedLoss:
    """A loss as the user wrote it, with its weight: a leaf of the structure of losses."""

    def __init__(self, identifier: Any, weight: Any = None):
        self.identifier = identifier
        self.weight = weight


class CompileLoss(losses.Loss):
    """The sum over the outputs of weight times loss.

    If there are several, each is also followed by a metric `<output>_loss`, which is the running
    mean of the loss without its weight.

    Args:
        loss: a loss (name, function or object) for all outputs, or a structure of losses that
            matches the outputs; None for an output without a loss.
        loss_weights: a float, or a structure of factors that matches `loss`.
        reduction: not used; the losses have their own.
        output_names: of the model's outputs.
    """

    def __init__(
        self,
        loss: Any,
        loss_weights: Any = None,
        reduction: str = "sum_over_batch_size",
        output_names: list[str] | None = None,
    ):
        if loss_weights and not isinstance(loss_weights, (list, tuple, dict, float)):
            raise ValueError(
                "Expected `loss_weights` argument to be a float (single output case) or a list, "
                "tuple, or dict (multiple output case). Received instead: "
                f"loss_weights={loss_weights} of type {type(loss_weights).__name__}"
            )
        super().__init__(name="compile_loss", reduction=reduction)
        self._user_loss = loss
        self._user_loss_weights = loss_weights
        self.output_names = output_names
        self.built = False
        self.metrics: list[metrics.Metric] = []
        self._terms: list[LossTerm] = []

    @property
    def variables(self) -> list:
        """Those of the metrics of the single losses."""
        return [variable for metric in self.metrics for variable in metric.variables]

    @built_once
    def build(self, y_true: Any, y_pred: Any) -> None:
        """Matches losses and outputs; values or symbolic tensors will do.

        Raises:
            ValueError: losses and outputs that do not fit, or weights and losses.
            KeyError: a loss for an output that does not exist.
        """
        loss, weights = self._by_output(y_pred)
        spec = _with_weights(loss, weights)
        names = _names_like(y_pred, self.output_names)
        if not tree.is_nested(spec):
            spec = tree.map_structure(lambda _: spec, y_pred)
        self._terms = _terms(spec, y_true, y_pred, names)
        self._warn_if_ignored(y_pred)
        several = len(self._terms) > 1
        self.metrics = [metrics.Mean(f"{term.name}_loss") for term in self._terms if several]
        self._y_true_structure = tree.map_structure(lambda _: None, y_true)
        self._y_pred_structure = tree.map_structure(lambda _: None, y_pred)

    def _by_output(self, y_pred: Any) -> tuple[Any, Any]:
        """Losses and weights given by output name, in the order of the outputs."""
        loss, weights, names = self._user_loss, self._user_loss_weights, self.output_names
        if not isinstance(loss, dict) or isinstance(y_pred, dict):
            return loss, weights
        if not names or set(names) != set(loss):
            raise ValueError(
                f"Expected keys {names or 'of outputs that have names'} in loss dict, but found "
                f"loss.keys()={list(loss)}. Use the names of the model's outputs, or a list of "
                "losses in their order."
            )
        if isinstance(weights, dict):
            weights = [weights.get(name, 1.0) for name in names]
        return [loss[name] for name in names], weights

    def _warn_if_ignored(self, y_pred: Any) -> None:
        if len(self._terms) > 1 and not tree.is_nested(y_pred):
            warnings.warn(
                f"{len(self._terms)} losses were given for a model with one output. As in Keras, "
                f"only the first one ({self._terms[0].loss.name}) counts. For a sum of losses, "
                "write a function that adds them.",
                stacklevel=2,
            )

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The total loss of a batch, a scalar; None if no output has a loss."""
        if not tree.is_nested(y_true) and not tree.is_nested(y_pred):
            if not self.built:
                self.build(y_true, y_pred)
            return self._weighted(self._terms[0], y_true, y_pred, sample_weight)[0]
        y_true = match_labels(y_true, y_pred, self.output_names, self._user_loss)
        if not self.built:
            self.build(y_true, y_pred)
        y_true = _packed_as(self._y_true_structure, y_true)
        y_pred = _packed_as(self._y_pred_structure, y_pred)
        values = []
        for term, metric in zip(self._terms, self.metrics or [None], strict=False):
            weighted, value = self._weighted(term, y_true, y_pred, sample_weight)
            if metric is not None:
                rows = tree.flatten(_at(term.path, y_pred))[0].shape[0]
                metric.update_state(value, sample_weight=rows)
            values.append(weighted)
        return sum(values[1:], values[0]) if values else None

    call = __call__

    def _weighted(
        self, term: LossTerm, y_true: Any, y_pred: Any, sample_weight: Any
    ) -> tuple[Any, Any]:
        """The term's loss with its weight, and without."""
        if tree.is_nested(sample_weight):
            sample_weight = _weights_at(term.path, sample_weight)
        try:
            value = term.loss(_at(term.path, y_true), _at(term.path, y_pred), sample_weight)
        except Exception as error:
            if len(self._terms) > 1:
                error.add_note(f"This is about the output {term.name!r} and its loss.")
            raise
        value = ops.convert_to_tensor(value, self.dtype)
        return value if term.weight is None else ops.multiply(value, term.weight), value

    def get_config(self) -> dict:
        """Not available: a model saves what was given to `compile`."""
        raise NotImplementedError("A CompileLoss belongs to its model and has no config.")


def _at(path: tuple, structure: Any) -> Any:
    return reduce(operator.getitem, path, structure) if path else structure


def _weights_at(path: tuple, sample_weight: Any) -> Any:
    try:
        return _at(path, sample_weight)
    except (KeyError, IndexError, TypeError):
        keys = list(sample_weight) if isinstance(sample_weight, dict) else range(len(sample_weight))
        raise ValueError(
            "`sample_weight` must have the structure of the model's outputs: a list for a list of "
            f"outputs, a dict for a dict. There are no weights for the output at {list(path)}; "
            f"received a {type(sample_weight).__name__} with weights at {list(keys)}."
        ) from None


def _packed_as(structure: Any, values: Any) -> Any:
    """The values in a structure that has the same leaves in nodes of other types."""
    try:
        tree.assert_same_structure(structure, values)
    except ValueError:
        return tree.pack_sequence_as(structure, tree.flatten(values))
    return values


def _with_weights(loss: Any, weights: Any) -> Any:
    """The structure of losses with `_WeightedLoss` leaves; None stays None."""

    def leaf(identifier: Any, weight: Any = None) -> _WeightedLoss | None:
        return None if identifier is None else _WeightedLoss(identifier, weight)

    if weights is None:
        return tree.map_structure(leaf, loss)
    amount, amount_of_weights = len(tree.flatten(loss)), len(tree.flatten(weights))
    if amount != amount_of_weights:
        raise ValueError(
            f"`loss_weights` must match the number of losses, got {amount} losses and "
            f"{amount_of_weights} weights: loss={loss}, loss_weights={weights}"
        )
    return tree.map_structure(leaf, loss, _packed_as(loss, weights))


def _names_like(y_pred: Any, output_names: list[str] | None) -> Any:
    """The names of the outputs, nested as these are."""
    leaves = tree.flatten(y_pred)
    if output_names is None or len(output_names) != len(leaves):
        output_names = [_symbolic_name(leaf) for leaf in leaves]
    return tree.pack_sequence_as(y_pred, output_names)


def _symbolic_name(output: Any) -> str | None:
    if not isinstance(output, KerasTensor):
        return None
    history = getattr(output, "_keras_history", None)
    return history.operation.name if history else output.name


def _terms(spec: Any, y_true: Any, y_pred: Any, names: Any, path: tuple = ()) -> list[LossTerm]:
    """The losses of `spec` beside the labels and predictions that they are for."""
    if spec is None:
        return []
    if isinstance(spec, _WeightedLoss):
        loss = get_loss(spec.identifier, y_true, y_pred)
        return [LossTerm(path, loss, spec.weight, _term_name(path, names, loss))]
    if isinstance(spec, (list, tuple)):
        if not any(map(tree.is_nested, spec)) and len(spec) == len(tree.flatten(y_pred)):
            spec = tree.pack_sequence_as(y_pred, spec)
            if not tree.is_nested(spec):
                return _terms(spec, y_true, y_pred, names, path)
        elif not isinstance(y_pred, type(spec)):  # several losses for the same output
            return [term for each in spec for term in _terms(each, y_true, y_pred, names, path)]
    if not isinstance(y_pred, type(spec)):
        raise KeyError(
            f"The path: {path} in the `loss` argument, can't be found in the model's output "
            f"(`y_pred`): there is a {type(spec).__name__} of losses, but the output there is "
            f"{_describe(y_pred)}."
        )
    entries = spec.items() if isinstance(spec, dict) else enumerate(spec)
    return [
        term
        for key, each in entries
        if each is not None
        for term in _terms_of_entry(key, each, y_true, y_pred, names, path)
    ]


def _terms_of_entry(
    key: Any, spec: Any, y_true: Any, y_pred: Any, names: Any, path: tuple
) -> list[LossTerm]:
    if not _has(y_pred, key) or not _has(y_true, key):
        raise KeyError(
            f"The path: {(*path, key)} in the `loss` argument, can't be found in either the "
            "model's output (`y_pred`) or in the labels (`y_true`). "
            f"Output: {_describe(y_pred)}; labels: {_describe(y_true)}."
        )
    return _terms(spec, y_true[key], y_pred[key], names[key], (*path, key))


def _has(structure: Any, key: Any) -> bool:
    if isinstance(structure, dict):
        return key in structure
    return isinstance(structure, (list, tuple)) and isinstance(key, int) and key < len(structure)


def _describe(structure: Any) -> str:
    if isinstance(structure, dict):
        return f"a dict with the keys {list(structure)}"
    if isinstance(structure, (list, tuple)):
        return f"a {type(structure).__name__} of {len(structure)}"
    return "a single array"


def _term_name(path: tuple, names: Any, loss: losses.Loss) -> str:
    """The keys that lead to the output; for one in a list or alone, the output's name."""
    if tree.is_nested(names):
        together = names if isinstance(names, dict) else tree.flatten(names)
        return "/".join(map(str, path)) or "_".join(map(str, together))
    name = loss.name if names is None else names
    if not path or isinstance(path[-1], int):
        path = (*path[:-1], name)
    return "/".join(map(str, path))
