"""`SwapEMAWeights`: evaluates with averaged weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minicnn.callbacks.callback import Callback, Logs


class SwapEMAWeights(Callback):
    """Makes evaluation use the optimizer's moving averages of the weights.

    The model's weights and the averages are exchanged before each evaluation or prediction, and
    exchanged back after it. The optimizer must have `use_ema=True`.

    Args:
        swap_on_epoch: whether the model has the averages at the end of epochs, for callbacks
            after this one (such as `ModelCheckpoint`).

    Raises:
        ValueError: (in training) an optimizer without averages.
    """

    def __init__(self, swap_on_epoch: bool = False):
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._ema_weights_in_model = False

    def on_train_begin(self, logs: Logs = None) -> None:
        """Resets the state, also after an interrupted training."""
        self._ema_weights_in_model = False

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Restores the weights."""
        if self.swap_on_epoch:
            self._put_averages_in_model(False)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Puts the averages into the model."""
        if not self.swap_on_epoch or self._ema_weights_in_model:
            return
        self._put_averages_in_model(True)
        # At its end, `fit` itself puts the averages into the model.
        if epoch == self.params["epochs"] - 1:
            for weight, average in self._pairs():
                average.assign(weight)

    def on_test_begin(self, logs: Logs = None) -> None:
        """Puts the averages into the model."""
        self._put_averages_in_model(True)

    def on_test_end(self, logs: Logs = None) -> None:
        """Restores the weights."""
        self._put_averages_in_model(False)

    on_predict_begin = on_test_begin
    on_predict_end = on_test_end

    def _put_averages_in_model(self, averages: bool) -> None:
        if self._ema_weights_in_model == averages:
            return
        for weight, average in self._pairs():
            value = weight.value
            weight.assign(average)
            average.assign(value)
        self._ema_weights_in_model = averages

    def _pairs(self) -> Iterator[tuple[Any, Any]]:
        """Each weight with its average."""
        optimizer = self.model.optimizer
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        optimizers = getattr(optimizer, "optimizers", [optimizer])
        averaging = [each for each in optimizers if each.use_ema]
        if not averaging:
            raise ValueError(
                "SwapEMAWeights must be used when `use_ema=True` is set on the optimizer. "
                f"Received: {', '.join(type(each).__name__ for each in optimizers)} with "
                "use_ema=False. Write for example `SGD(use_ema=True)`."
            )
        for each in averaging:
            yield from zip(
                each._trainable_variables, each._model_variables_moving_average, strict=True
            )
