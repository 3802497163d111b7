"""How notebooks show a layer."""

from __future__ import annotations

from minicnn.common.suggest import shown
from minicnn.common.tables import Table

_EVERYWHERE = ("name", "trainable", "dtype")


class LayerDisplay:
    """The settings and weights of a layer as a table.

    >>> from minicnn import layers
    >>> "units" in layers.Dense(3)._repr_html_()
    True
    """

    def _repr_html_(self) -> str:
        title = f'{type(self).__name__} "{self.name}"'
        notes = [] if self.built else ["Not built yet: it has no weights."]
        return Table(title, ["", "", ""], self._display_rows(), notes=notes)._repr_html_()

    def _display_rows(self) -> list[list]:
        try:
            config = self.get_config()
        except NotImplementedError:  # a layer of a user's own, without one
            config = {}
        rows = [
            [name, shown(value, 80), ""]
            for name, value in config.items()
            if name not in _EVERYWHERE and not isinstance(value, dict)
        ]
        return rows + [
            [weight.path, weight.shape, f"{weight.dtype}{'' if weight.trainable else ', fixed'}"]
            for weight in self.weights
        ]
