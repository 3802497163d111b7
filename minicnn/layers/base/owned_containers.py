"""Lists and dicts in the attributes of a layer, which report to the layer what is added."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

from minicnn import tree


def owned(value: Any, layer: Any) -> Any:
    """A list or dict as one that reports to the layer, inner ones too; other values as is."""
    kind = _KINDS.get(type(value))
    return value if kind is None else kind.of(value, layer)


class _Owned:
    """A container that reports new items to its layer before it adds them."""

    _layer: Any = None  # a weak reference; none while it is filled for the first time

    def _taken(self, value: Any) -> Any:
        layer = None if self._layer is None else self._layer()
        if layer is None:
            return value
        layer._receive(value)
        return owned(value, layer)


class OwnedList(_Owned, list):
    """A list in an attribute of a layer."""

    @classmethod
    def of(cls, values: list, layer: Any) -> OwnedList:
        """The list as one of the layer's."""
        made = cls(owned(value, layer) for value in values)
        made._layer = weakref.ref(layer)
        return made

    def append(self, value: Any) -> None:
        """Adds a value at the end."""
        super().append(self._taken(value))

    def insert(self, index: Any, value: Any) -> None:
        """Adds a value in front of another."""
        super().insert(index, self._taken(value))

    def extend(self, values: Iterable[Any]) -> None:
        """Adds values at the end."""
        super().extend(self._taken(list(values)))

    def __iadd__(self, values: Iterable[Any]) -> OwnedList:
        self.extend(values)
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        value = list(value) if isinstance(index, slice) else value
        super().__setitem__(index, self._taken(value))

    def __reduce_ex__(self, protocol: Any) -> tuple:
        return list, (list(self),)  # a copied layer makes its own of it


class OwnedDict(_Owned, dict):
    """A dict in an attribute of a layer."""

    @classmethod
    def of(cls, values: dict, layer: Any) -> OwnedDict:
        """The dict as one of the layer's."""
        made = cls((key, owned(value, layer)) for key, value in values.items())
        made._layer = weakref.ref(layer)
        return made

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, self._taken(value))

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """The value of a key, which is the default if there was none."""
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *others: Any, **values: Any) -> None:
        """Takes the values of another dict."""
        super().update(self._taken(dict(*others, **values)))

    def __ior__(self, other: Any) -> OwnedDict:
        self.update(other)
        return self

    def __reduce_ex__(self, protocol: Any) -> tuple:
        return dict, (dict(self),)


_KINDS = {list: OwnedList, OwnedList: OwnedList, dict: OwnedDict, OwnedDict: OwnedDict}
tree.treat_alike(OwnedList, list)
tree.treat_alike(OwnedDict, dict)
