"""The drawing through real Keras with the same weights, layer by layer, both ways."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.analysis.recorded_gradients import RecordedGradients, record_gradients
from minicnn.studio.beside_keras.process import KERAS, missing
from minicnn.studio.lessons.errors import error
from minicnn.studio.page_state import PageState


def beside_keras(page: PageState) -> dict[str, Any]:
    """Sends the drawing through Keras; what comes out follows as an event, "beside_keras".

    Keras takes some seconds to start, in which the page can do other things.
    """
    why_not = missing()
    if why_not:
        return {"asked": False, "why_not": why_not}
    if page.network_input is None:
        raise ValueError("Draw something first: the same drawing goes through both.")
    x = np.array(page.network_input)
    found = record_gradients(page.model, x, None, "beside_keras")
    folder = tempfile.TemporaryDirectory()
    path = str(Path(folder.name, "network.keras"))
    page.model.save(path)

    def ask() -> None:
        with folder:
            try:
                page.tell("beside_keras", **compared(found, path, x))
            except ValueError as reason:
                page.tell("beside_keras", why_not=str(reason))

    threading.Thread(target=ask, daemon=True).start()
    return {"asked": True}


def compared(found: RecordedGradients, path: str, x: np.ndarray) -> dict[str, Any]:
    """For each layer the largest difference to Keras: of its output, and of its gradient.

    The gradient is that of the score of the class which the network sees. Differences are in parts
    of the largest number.
    """
    calls = found.recorded.calls
    class_index = int(found.recorded.prediction.numpy()[0].argmax())
    theirs = KERAS.ask("network", path=path, x=x, class_index=class_index)
    rows = {call.name: _row(found, call, theirs) for call in calls}
    to_input = found.of(found.recorded.inputs[0])
    return {
        "version": theirs["version"],
        "class_index": class_index,
        "layers": [row for row in rows.values() if row is not None],
        "left_out": [name for name, row in rows.items() if row is None],
        "input": _difference(to_input, theirs["gradients"].get("input")),
    }


def _row(found: RecordedGradients, call: Any, theirs: dict[str, Any]) -> dict[str, Any] | None:
    """A layer that both have; None for one inside of another or called several times."""
    output = theirs["outputs"].get(call.name)
    if output is None:
        return None
    own = found.of(found.differentiated(call))
    return {
        "name": call.name,
        "class": type(call.layer).__name__,
        "forward": _difference(call.outputs[0].numpy(), output),
        "backward": _difference(own, theirs["gradients"].get(call.name)),
    }


def _difference(own: np.ndarray | None, theirs: np.ndarray | None) -> float | None:
    if own is None or theirs is None or own.shape != theirs.shape:
        return None
    return error(own, theirs.astype("float64"))
