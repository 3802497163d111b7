"""`CallbackList`: calls all callbacks of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minicnn import tree
from minicnn.callbacks.callback import Callback, Logs
from minicnn.callbacks.history import History, keep_history
from minicnn.callbacks.progbar_logger import ProgbarLogger
from minicnn.common.python_utils import is_default, pythonify_logs

# The methods called for every batch, each with its older name.
_BATCH_METHODS = {
    "on_train_batch_begin": "on_batch_begin",
    "on_train_batch_end": "on_batch_end",
    "on_test_batch_begin": None,
    "on_test_batch_end": None,
    "on_predict_batch_begin": None,
    "on_predict_batch_end": None,
}


class CallbackList(Callback):
    """Calls a list of callbacks one after the other.

    Callbacks receive logs as floats by sorted name. Computing them takes time, so for batches it is
    done only if a callback has a method for batches, or the progress line is due: `logs` may be a
    function that returns them.

    Args:
        callbacks: callbacks, also nested.
        add_history: whether to add a `History` if there is none.
        add_progbar: whether to add a `ProgbarLogger` if there is none.
        model: the model that is trained.
        **params: passed to each callback's `set_params`.

    Raises:
        TypeError: something else than callbacks.
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ):
        super().__init__()
        self.callbacks = [] if callbacks is None else tree.flatten(callbacks)
        for callback in self.callbacks:
            _check_callback(callback)
        self._history = self._find_or_add(History, add_history)
        progbar = self._find_or_add(ProgbarLogger, add_progbar)
        self._progbar = progbar if type(progbar) is ProgbarLogger else None
        self.set_model(model)
        self.set_params(params)
        self._find_listeners()

    def _find_or_add(self, kind: type, add: bool) -> Callback | None:
        found = [callback for callback in self.callbacks if isinstance(callback, kind)]
        if not found and add:
            found = [kind()]
            self.callbacks += found
        return found[-1] if found else None

    def _find_listeners(self) -> None:
        """For each method called for batches, the callbacks that override it."""
        self._listeners = {
            method: [
                callback
                for callback in self.callbacks
                if callback is not self._progbar and _overrides(callback, method, older)
            ]
            for method, older in _BATCH_METHODS.items()
        }

    def set_params(self, params: dict[str, Any]) -> None:
        """Passes the parameters to the callbacks, if there are any."""
        self.params = params
        for callback in self.callbacks if params else ():
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        """Passes the model to the callbacks, and sets its history."""
        if model is None:
            return
        super().set_model(model)
        if self._history is not None:
            keep_history(model, self._history)
        for callback in self.callbacks:
            callback.set_model(model)

    def set_data(self, training: Any, validation: Any) -> None:
        """Passes the batches to the callbacks that have this method."""
        for callback in self.callbacks:
            if hasattr(callback, "set_data"):
                callback.set_data(training, validation)

    def _call(self, method: str, logs: Logs, *position: int) -> None:
        logs = pythonify_logs(logs)
        for callback in self.callbacks:
            getattr(callback, method)(*position, logs)

    def _begin(self, method: str, logs: Logs) -> None:
        self._call(method, logs)
        self._find_listeners()

    def run_between_batches(self, loop: str) -> bool:
        """Whether callbacks run between the batches of a loop: "train", "test" or "predict"."""
        return any(self._listeners[f"on_{loop}_batch_{moment}"] for moment in ("begin", "end"))

    def _begin_batch(self, method: str, batch: int, logs: Logs) -> None:
        listeners = self._listeners[method]
        if not listeners:
            return
        logs = pythonify_logs(logs)
        for callback in listeners:
            getattr(callback, method)(batch, logs=logs)

    def _end_batch(self, method: str, batch: int, logs: Logs | Callable[[], Logs]) -> None:
        listeners = self._listeners[method]
        testing = method == "on_test_batch_end"
        if self._progbar is not None and self._progbar.advance(batch, testing):
            listeners = [*listeners, self._progbar]
        if not listeners:
            return
        logs = pythonify_logs(logs() if callable(logs) else logs)
        for callback in listeners:
            getattr(callback, method)(batch, logs=logs)

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Calls this method of every callback."""
        self._call("on_batch_begin", logs, batch)

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Calls this method of every callback."""
        self._call("on_batch_end", logs, batch)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Calls this method of every callback."""
        self._call("on_epoch_begin", logs, epoch)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Calls this method of every callback."""
        self._call("on_epoch_end", logs, epoch)

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Calls the callbacks that override this method."""
        self._begin_batch("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | Callable[[], Logs] = None) -> None:
        """Calls the callbacks that override this method."""
        self._end_batch("on_train_batch_end", batch, logs)

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Calls the callbacks that override this method."""
        self._begin_batch("on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch: int, logs: Logs | Callable[[], Logs] = None) -> None:
        """Calls the callbacks that override this method."""
        self._end_batch("on_test_batch_end", batch, logs)

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Calls the callbacks that override this method."""
        self._begin_batch("on_predict_batch_begin", batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Logs | Callable[[], Logs] = None) -> None:
        """Calls the callbacks that override this method."""
        self._end_batch("on_predict_batch_end", batch, logs)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Calls this method of every callback."""
        self._begin("on_train_begin", logs)

    def on_train_end(self, logs: Logs = None) -> None:
        """Calls this method of every callback."""
        self._call("on_train_end", logs)

    def on_test_begin(self, logs: Logs = None) -> None:
        """Calls this method of every callback."""
        self._begin("on_test_begin", logs)

    def on_test_end(self, logs: Logs = None) -> None:
        """Calls this method of every callback."""
        self._call("on_test_end", logs)

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Calls this method of every callback."""
        self._begin("on_predict_begin", logs)

    def on_predict_end(self, logs: Logs = None) -> None:
        """Calls this method of every callback."""
        self._call("on_predict_end", logs)


def _overrides(callback: Callback, method: str, older: str | None) -> bool:
    names = (method,) if older is None else (method, older)
    return any(not is_default(getattr(callback, name)) for name in names)


def _check_callback(callback: Any) -> None:
    if isinstance(callback, type):
        raise TypeError(
            f"`callbacks` holds the class {callback.__name__} instead of an object of it. "
            f"Write `{callback.__name__}(...)`."
        )
    if not hasattr(callback, "set_model"):
        raise TypeError(
            f"`callbacks` must hold `Callback` objects. Received: {callback!r} of type "
            f"{type(callback).__name__}. For a function, use `LambdaCallback(on_epoch_end=...)`."
        )
