"""Binds the names `keras` and `keras.src` to minicnn, as Keras's own tests need them."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from compare.conformance.missing_names import AbsentPackage, Missing
from compare.conformance.names import MODULES, NAMES, OPTIONAL, VALUES
from minicnn import config
from minicnn.version import KERAS_VERSION


def install(source: Path) -> BackendName:
    """Bind the names. `source` is Keras's `keras/src`, which has the helpers of its tests."""
    for name in [n for n in sys.modules if n.partition(".")[0] == "keras"]:
        del sys.modules[name]
    backend = BackendName()
    sys.meta_path.insert(0, _Finder(source, backend))
    sys.meta_path.append(_AbsentFinder())
    return backend


class BackendName:
    """`keras.backend.backend()`: the name of minicnn's backend, unless `name` is set."""

    name: str | None = None

    def __call__(self) -> str:
        """The backend's name."""
        return self.name or config.backend()


class Shim(ModuleType):
    """A module of Keras; its names are looked up in minicnn when they are used."""

    def __init__(self, name: str, finder: _Finder):
        super().__init__(name)
        self.__dict__.update(_finder=finder, _replaced={}, __path__=[], __version__=KERAS_VERSION)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._finder.find(self.__name__, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set the name in minicnn's own module, so that `mock.patch` works."""
        home = None if isinstance(value, ModuleType) else self._finder.home(self.__name__, name)
        if home is None or name.startswith("__"):
            super().__setattr__(name, value)
            return
        self._replaced.setdefault(name, (home, getattr(home, name)))
        setattr(home, name, value)

    def __delattr__(self, name: str) -> None:
        """Restore the name, as `mock.patch` does at its end."""
        if name not in self._replaced:
            super().__delattr__(name)
            return
        home, value = self._replaced.pop(name)
        setattr(home, name, value)


class _Finder(MetaPathFinder, Loader):
    """Imports `keras` and everything below it."""

    def __init__(self, source: Path, backend: BackendName):
        self._source, self._backend = source, backend

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != "keras" and not name.startswith("keras."):
            return None
        if name.startswith("keras.src.testing") or name.endswith("_test"):
            return self._spec_of_file(name)
        return ModuleSpec(name, self, is_package=True) if self._is_module(name) else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return Shim(spec.name, self)

    def exec_module(self, module: ModuleType) -> None:
        """Does nothing: names are looked up when they are used."""

    def find(self, module: str, name: str) -> Any:
        """The object `module.name` of Keras: minicnn's, or a `Missing`."""
        full = f"{module}.{name}"
        if name == "backend" and module in ("keras.src.backend", "keras.config", "keras.backend"):
            return self._backend
        if full in NAMES:
            place, _, attribute = NAMES[full].partition(":")
            return getattr(importlib.import_module(place), attribute)
        if self._is_module(full):
            return importlib.import_module(full)
        home = self.home(module, name)
        if home is not None:
            return getattr(home, name)
        return VALUES[name] if name in VALUES else Missing(full)

    def home(self, module: str, name: str) -> ModuleType | None:
        """The module of minicnn that has the name."""
        return next((m for m in self._homes(module) if hasattr(m, name)), None)

    def _homes(self, module: str) -> list[ModuleType]:
        parts = module.removeprefix("keras").removeprefix(".src").strip(".").split(".")
        own = [".".join(["minicnn", *parts[:n]]) for n in range(len(parts), 0, -1)]
        own = [name.rstrip(".") for name in own]
        homes = [_imported(name) for name in (*MODULES.get(module, ()), *own, "minicnn")]
        package = f"keras.src.{parts[0]}"
        homes += [_imported(name) for name in MODULES.get(package, ())]
        return [home for home in homes if home is not None]

    def _is_module(self, name: str) -> bool:
        """Whether Keras has a module of that name, or minicnn has a module instead."""
        if name in ("keras", "keras.src"):
            return True
        path = self._source.joinpath(*name.removeprefix("keras.").removeprefix("src.").split("."))
        if path.with_suffix(".py").is_file() or (path / "__init__.py").is_file():
            return name.startswith("keras.src.") or _imported(_in_minicnn(name)) is not None
        return name in MODULES or _is_module_only(_in_minicnn(name))

    def _spec_of_file(self, name: str) -> ModuleSpec | None:
        """Keras's own file: a helper of tests, or a test file that other tests import."""
        path = self._source.joinpath(*name.split(".")[2:])
        if (path / "__init__.py").is_file():
            return importlib.util.spec_from_file_location(
                name, path / "__init__.py", submodule_search_locations=[str(path)]
            )
        file = path.with_suffix(".py")
        return importlib.util.spec_from_file_location(name, file) if file.is_file() else None


class _AbsentFinder(MetaPathFinder, Loader):
    """Finds optional packages that are not installed; the last finder."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        top = name.partition(".")[0]
        absent = name == top or isinstance(sys.modules.get(top), AbsentPackage)
        return ModuleSpec(name, self, is_package=True) if top in OPTIONAL and absent else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return AbsentPackage(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Does nothing."""


def _in_minicnn(name: str) -> str:
    tail = name.removeprefix("keras").removeprefix(".src")
    return f"minicnn{tail}"


def _is_module_only(name: str) -> bool:
    """Whether minicnn has a module of that name, and not a function that hides it."""
    package, _, last = name.rpartition(".")
    found = _imported(name)
    return found is not None and getattr(_imported(package), last, found) is found


def _imported(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and name.startswith(error.name):
            return None
        raise
