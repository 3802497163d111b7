"""`MonitorCallback`, the base of callbacks that monitor one of the logged values."""

from __future__ import annotations

import warnings
from typing import Any

from minicnn import ops
from minicnn.callbacks.callback import Callback


class MonitorCallback(Callback):
    """Base of callbacks that check whether a logged value has improved.

    Args:
        monitor: name in the logs.
        mode: "min" or "max": whether less or more is better; "auto" to find it from the metric.
        baseline: the best value before the first one; by default the first one is the best.
        min_delta: a change by less is no improvement.

    Raises:
        ValueError: (in the first epoch) mode "auto" for a metric whose direction is unknown.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: str = "auto",
        baseline: float | None = None,
        min_delta: float = 0,
    ):
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                f"{type(self).__name__} mode '{mode}' is unknown, fallback to auto mode. Expected "
                "one of: 'auto', 'min', 'max'.",
                stacklevel=2,
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)
        self.monitor_op: Any = None

    def _set_monitor_op(self) -> None:
        mode = self.mode if self.mode != "auto" else self._mode_of_metric()
        self.monitor_op = ops.less if mode == "min" else ops.greater

    def _mode_of_metric(self) -> str:
        name = self.monitor.removeprefix("val_")
        if name == "loss" or name.endswith("_loss"):
            return "min"
        known = _metrics_by_log_name(self.model)
        direction = getattr(known.get(name), "_direction", None)
        if direction is None:
            raise ValueError(
                f"{type(self).__name__} callback received monitor={self.monitor}, but whether that "
                "metric should be maximized or minimized cannot be determined automatically. Pass "
                "`mode='max'` for the highest value, or `mode='min'` for the lowest. The model's "
                f"metrics are: {', '.join({'loss': None, **known})}."
            )
        return "max" if direction == "up" else "min"

    def _is_improvement(self, value: float, reference: float | None) -> bool:
        """Whether `value` is better than `reference` by more than `min_delta`."""
        if reference is None:
            return True
        margin = -self.min_delta if self.monitor_op is ops.less else self.min_delta
        return bool(self.monitor_op(value - margin, reference))


def _metrics_by_log_name(model: Any) -> dict[str, Any]:
    """The model's metrics by the names that they have in the logs."""
    by_name: dict[str, Any] = {}
    for metric in getattr(model, "metrics", ()):
        by_name.update(getattr(metric, "by_log_name", {metric.name: metric}))
    return by_name
