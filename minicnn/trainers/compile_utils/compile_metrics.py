"""The metrics given to `compile`, each for its output."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from minicnn import tree
from minicnn.common.build_once import built_once
from minicnn.metrics.metric import Metric
from minicnn.trainers.compile_utils.identifiers import get_metric


class OutputMetrics:
    """The metrics of one output."""

    def __init__(self, metrics: list[Metric], output_name: str | None):
        self.metrics = metrics
        self.output_name = output_name

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts a batch."""
        for metric in self.metrics:
            metric.update_state(y_true, y_pred, sample_weight=sample_weight)


class CompileMetrics(Metric):
    """All metrics given to `compile`; the result is a dict by the names shown in logs.

    Args:
        metrics: list, tuple or dict of metrics (names, functions, objects), for one output; for
            several, one metric or list of metrics for each.
        weighted_metrics: the same, for metrics that sample weights apply to.
        name: of this metric as a whole.
        output_names: of the model's outputs.

    Attributes:
        by_log_name: the single metrics by the names shown in logs.
    """

    def __init__(
        self,
        metrics: Any,
        weighted_metrics: Any,
        name: str = "compile_metrics",
        output_names: list[str] | None = None,
    ):
        super().__init__(name=name)
        groups = {"metrics": metrics, "weighted_metrics": weighted_metrics}
        for argument, group in groups.items():
            if group and not isinstance(group, (list, tuple, dict)):
                raise ValueError(
                    f"Expected `{argument}` argument to be a list, tuple, or dict. Received "
                    f"instead: {argument}={group} of type {type(group).__name__}. For one metric, "
                    f"write {argument}=[{group!r}]."
                )
        self._groups = groups
        self.output_names = output_names
        self.by_log_name: dict[str, Metric] = {}
        self.built = False

    @property
    def metrics(self) -> list[Metric]:
        """The single metrics, in the order of the outputs; none before the first batch."""
        return list(self.by_log_name.values())

    @property
    def variables(self) -> list:
        """Those of the single metrics."""
        return [variable for metric in self.metrics for variable in metric.variables]

    @built_once
    def build(self, y_true: Any, y_pred: Any) -> None:
        """Matches metrics and outputs; values or symbolic tensors will do.

        Raises:
            ValueError: metrics and outputs that do not fit.
        """
        count = len(tree.flatten(y_pred))
        is_flat = tree.is_nested(y_pred) and len(y_pred) == count
        names = _names_of(y_pred, self.output_names) if is_flat else self.output_names
        self._order = names if is_flat and count > 1 else None
        y_true, y_pred = self._flatten(y_true), (self._flatten(y_pred), y_pred)
        names = names if names and len(names) == count else [None] * count
        self._unweighted, self._weighted = (
            self._build_group(argument, group, y_true, y_pred, names, is_flat)
            for argument, group in self._groups.items()
        )
        self.by_log_name = _log_names(self._unweighted, self._weighted)

    def _build_group(
        self, argument: str, group: Any, y_true: list, y_pred: tuple, names: list, is_flat: bool
    ) -> list[OutputMetrics | None]:
        flat_pred, y_pred = y_pred
        if not group:
            return [None] * len(names)
        if len(names) == 1:
            return [_output_metrics(tree.flatten(group), y_true[0], flat_pred[0], None)]
        try:
            groups = _groups_of_outputs(group, y_pred, names, is_flat)
            outputs = zip(groups, y_true, flat_pred, names, strict=True)
            return [_output_metrics(*output) for output in outputs]
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(self._mismatch(argument, group, y_pred, error)) from error

    def _mismatch(self, argument: str, group: Any, y_pred: Any, error: Exception) -> str:
        by_name = ""
        if self.output_names:
            by_name = f"by the output names {list(self.output_names)}, or "
        outputs = tree.map_structure(lambda _: "X", y_pred)
        return (
            f"{error}\nInvalid `{argument}`. `{argument}` should hold metrics {by_name}in the "
            f"structure of the model's outputs: {outputs}.\nReceived: {argument}={group}"
        )

    def _flatten(self, y: Any) -> list:
        if isinstance(y, dict) and self._order is not None:
            return [y.get(name) for name in self._order]
        return tree.flatten(y)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts a batch."""
        if not self.built:
            self.build(y_true, y_pred)
        y_true, y_pred = self._flatten(y_true), self._flatten(y_pred)
        for output, target, prediction in zip(self._unweighted, y_true, y_pred, strict=False):
            if output is not None:
                output.update_state(target, prediction)
        weights = [None] if sample_weight is None else self._flatten(sample_weight)
        if len(weights) < len(y_true):
            weights = weights[:1] * len(y_true)
        rows = zip(self._weighted, y_true, y_pred, weights, strict=False)
        for output, target, prediction, weight in rows:
            if output is not None:
                output.update_state(target, prediction, weight)

    def reset_state(self) -> None:
        """Begins again."""
        for metric in self.metrics:
            metric.reset_state()

    def result(self) -> dict[str, Any]:
        """The results by the names shown in logs."""
        if not self.built:
            raise ValueError(
                "Cannot get result() since the metric has not yet been built: no batch was counted."
            )
        results = {name: metric.result() for name, metric in self.by_log_name.items()}
        for name, result in results.items():
            check_result(self.by_log_name[name], result)
        return results

    def get_config(self) -> dict:
        """Not available: a model saves what was given to `compile`."""
        raise NotImplementedError("CompileMetrics belong to their model and have no config.")


def check_result(metric: Metric, result: Any) -> None:
    """Refuses a result that is none."""
    if result is None:
        raise ValueError(
            f"`result` of the metric '{metric.name}' ({type(metric).__name__}) returned None. "
            "Expected a number, or a dict of numbers: is a `return` missing in it?"
        )


def _names_of(y_pred: Any, output_names: list[str] | None) -> list[str] | None:
    """Names of outputs in a list or a dict; the keys of a dict go before the layers' names."""
    if not isinstance(y_pred, dict) or (output_names and set(output_names) == set(y_pred)):
        return output_names
    return list(y_pred) if isinstance(y_pred, OrderedDict) else sorted(y_pred)


def _groups_of_outputs(group: Any, y_pred: Any, names: list, is_flat: bool) -> list:
    """What `group` has for each output."""
    if is_flat and isinstance(group, (list, tuple)) and len(group) == len(names):
        return list(group)
    if is_flat and isinstance(group, dict) and set(group) <= set(names):
        return [group.get(name) for name in names]
    shallow, deep = tree.lists_to_tuples(y_pred), tree.lists_to_tuples(group)
    groups: list = []
    tree.map_structure_up_to(shallow, groups.append, deep)
    return groups


def _output_metrics(
    group: Any, y_true: Any, y_pred: Any, output_name: str | None
) -> OutputMetrics | None:
    if group is None:
        return None
    identifiers = group if isinstance(group, (list, tuple)) else [group]
    return OutputMetrics([get_metric(each, y_true, y_pred) for each in identifiers], output_name)


def _log_names(
    unweighted: list[OutputMetrics | None], weighted: list[OutputMetrics | None]
) -> dict[str, Metric]:
    """Output name and metric name; a second one of that name is called `weighted_` or numbered."""
    metrics: dict[str, Metric] = {}
    uses: dict[str, int] = {}

    def add(name: str, metric: Metric) -> None:
        count = uses.get(name, 0)
        uses[name] = count + 1
        metrics[f"{name}_{count}" if count else name] = metric

    for prefix, metric in _prefixed(unweighted):
        add(prefix + metric.name, metric)
    for prefix, metric in _prefixed(weighted):
        taken = prefix + metric.name in uses
        add(f"{prefix}weighted_{metric.name}" if taken else prefix + metric.name, metric)
    return metrics


def _prefixed(outputs: list[OutputMetrics | None]) -> list[tuple[str, Metric]]:
    return [
        (f"{output.output_name}_" if output.output_name else "", metric)
        for output in outputs
        if output is not None
        for metric in output.metrics
    ]
