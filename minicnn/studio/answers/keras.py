"""The drawing through real Keras with the same weights, layer by layer, both ways."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.analysis.recorded_gradients import RecordedGradients, record_gradients
from minicnn.studio.beside_keras.comparison import Comparison
from minicnn.studio.beside_keras.process import KERAS, missing
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
    of the largest number. Gradients that only rounding decides are left out; `ties` says where.
    """
    class_index = int(found.recorded.prediction.numpy()[0].argmax())
    theirs = KERAS.ask("network", path=path, x=x, class_index=class_index)
    comparison = Comparison(found, x, theirs)
    rows = {call.name: comparison.row(call) for call in found.recorded.calls}
    return {
        "version": theirs["version"],
        "class_index": class_index,
        "layers": [row for row in rows.values() if row is not None],
        "missing": [name for name, row in rows.items() if row is None],
        "input": comparison.to_input(),
        "ties": comparison.ties,
    }
