"""Finds which arguments of the public classes and functions no case sets, alone or in pairs.

An argument counts as covered if a case sets it to a value that changes the case's result: without
the argument, other quantities come out (the configuration does not count). Two arguments that
have defaults count as covered together if one case sets both to values other than the defaults. Of
`compile`, `fit` and the like, an argument of `compile` and one of another method count, too.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, product
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

import minicnn
from compare.cases.case import Case, LibraryObject
from compare.cases.left_out import WITHOUT_CASES, is_left_out, is_seen_in_configuration

# The base class of each kind; its own arguments are those that every class of the kind has.
KINDS = {
    "layers": "Layer",
    "losses": "Loss",
    "metrics": "Metric",
    "optimizers": "Optimizer",
    "optimizers.schedules": "LearningRateSchedule",
    "initializers": "Initializer",
    "regularizers": "Regularizer",
    "constraints": "Constraint",
    "callbacks": "Callback",
}
METHODS = ("compile", "fit", "evaluate", "predict", "train_on_batch", "test_on_batch")
TRAINING = "Model"  # the name of the pairs of arguments `method:argument`
SECTIONS = ("ops", "ops.image")
COUNTED_APART = ("config",)  # quantities that contain the settings themselves

Parameters = Mapping[str, inspect.Parameter]
Result = Mapping[str, Any] | str


class Setting(NamedTuple):
    """An argument that a case sets, and the same case without it."""

    owner: Any
    argument: str
    value: Any
    case_without: Case


@dataclass(frozen=True)
class UnderLabel(Case):
    """A case with the label, and so the random numbers, of another."""

    known_as: str = ""

    @property
    def label(self) -> str:
        """The other's label."""
        return self.known_as


def public() -> dict[Any, str]:
    """Every public class and function whose arguments are looked at, with its name."""
    found: dict[Any, str] = {}
    for kind, base in KINDS.items():
        module = _find(kind)
        for name, thing in vars(module).items():
            if _is_public(name, thing, getattr(module, base)):
                found.setdefault(thing, f"{kind}.{name}")
    for section in SECTIONS:
        for name, thing in vars(_find(section)).items():
            if isinstance(thing, FunctionType) and _is_operation(name, thing):
                found.setdefault(thing, f"{section}.{name}")
    return found | {_find(f"{TRAINING}.{name}"): f"{TRAINING}.{name}" for name in METHODS}


def _is_public(name: str, thing: Any, base: type) -> bool:
    return isinstance(thing, type) and issubclass(thing, base) and thing is not base


def _is_operation(name: str, thing: FunctionType) -> bool:
    module = thing.__module__
    if name.startswith("_") or name in WITHOUT_CASES:
        return False
    return module.startswith("minicnn.ops.") and "define" not in module


def _find(name: str) -> Any:
    found: Any = minicnn
    for part in name.split("."):
        found = getattr(found, part)
    return found


def parameters(thing: Any) -> Parameters:
    """The arguments by name. A class passes what it does not name to the class above it."""
    if not isinstance(thing, type):
        return {n: p for n, p in inspect.signature(thing).parameters.items() if _is_named(p)}
    found: dict[str, inspect.Parameter] = {}
    for ancestor in thing.__mro__:
        if "__init__" not in vars(ancestor) or ancestor.__name__ in KINDS.values():
            continue
        own = list(inspect.signature(ancestor.__init__).parameters.values())[1:]
        for parameter in own:
            if _is_named(parameter):
                found.setdefault(parameter.name, parameter)
        if all(p.kind is not p.VAR_KEYWORD for p in own):
            break
    return found


def _is_named(parameter: inspect.Parameter) -> bool:
    several = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    return not several and parameter.name != "self"


def is_required(parameter: inspect.Parameter) -> bool:
    """Whether the argument has no default."""
    return parameter.default is parameter.empty


def settings(case: Case) -> Iterator[Setting]:
    """The arguments that a case sets: its own, and those of the objects in them."""
    owner = None if case.kind == "training" else _find(f"{case.kind}.{case.name}")

    def without(changed: Mapping[str, Any], inputs: tuple = case.inputs) -> Case:
        parts = {f: getattr(case, f) for f in case.__dataclass_fields__}
        parts |= {"settings": changed, "inputs": inputs}
        return UnderLabel(**parts, known_as=case.label)

    if case.kind == "ops":
        yield from _positional(case, owner, without)
    yield from _of_object(owner, dict(case.settings), without)


def _positional(case: Case, owner: Any, without: Callable[..., Case]) -> Iterator[Setting]:
    """The arguments of an operation that are given by their position."""
    named = list(parameters(owner).values())
    for i, (parameter, value) in enumerate(zip(named, case.inputs, strict=False)):
        default = None if is_required(parameter) else parameter.default
        inputs = (*case.inputs[:i], default, *case.inputs[i + 1 :])
        yield Setting(owner, parameter.name, value, without(case.settings, inputs))


def _of_object(
    owner: Any, given: Mapping[str, Any], without: Callable[[Mapping[str, Any]], Case]
) -> Iterator[Setting]:
    for name, value in given.items():
        others = {k: v for k, v in given.items() if k != name}
        if owner is not None:
            yield Setting(owner, name, value, without(others))
        if isinstance(value, LibraryObject):

            def within(changed: Mapping, name: str = name, value: Any = value) -> Case:
                return without({**given, name: replace(value, settings=changed)})

            yield from _of_object(_find(value.name), dict(value.settings), within)


class Coverage:
    """Which arguments, alone and in pairs, a list of cases covers.

    Args:
        cases: the cases.
        run: the result of a case: its quantities, or a text if it raised an error.
    """

    def __init__(self, cases: Iterable[Case], run: Callable[[Case], Result]):
        self._run = run
        self._results: dict[tuple[str, str], Result] = {}
        self._set: dict[tuple[Any, str], list[tuple[Case, Setting]]] = {}
        self._together: set[tuple[Any, str, str]] = set()
        self._methods = {_find(f"{TRAINING}.{name}"): name for name in METHODS}
        for case in cases:
            if case.kind in (*KINDS, "ops", "training"):
                self._add(case)

    def _add(self, case: Case) -> None:
        given: dict[Any, list[str]] = {}
        for setting in settings(case):
            self._set.setdefault((setting.owner, setting.argument), []).append((case, setting))
            parameter = parameters(setting.owner).get(setting.argument)
            if parameter is not None and not _is_default(parameter, setting.value):
                given.setdefault(setting.owner, []).append(setting.argument)
                if setting.owner in self._methods:
                    name = f"{self._methods[setting.owner]}:{setting.argument}"
                    given.setdefault(TRAINING, []).append(name)
        for owner, names in given.items():
            self._together |= {(owner, a, b) for a in names for b in names}

    def arguments_without_a_case(self) -> list[str]:
        """The arguments that no case sets to a value that changes its result."""
        return [
            f"{name}: {argument}"
            for owner, name in public().items()
            for argument in parameters(owner)
            if not is_left_out(name, argument) and not self._is_covered(owner, name, argument)
        ]

    def pairs_without_a_case(self) -> list[str]:
        """The pairs of arguments with defaults that no case sets together.

        An argument of `compile` is also paired with those of the other methods.
        """
        found = public()
        pairs = [
            (owner, name, a, b)
            for owner, name in found.items()
            if owner not in self._methods
            for a, b in combinations(self._optional(owner, name), 2)
        ]
        of_methods = {
            method: [f"{method}:{a}" for a in self._optional(owner, found[owner])]
            for owner, method in self._methods.items()
            if owner in found
        }
        for method, named in of_methods.items():
            pairs += [(TRAINING, TRAINING, a, b) for a, b in combinations(named, 2)]
            if method != "compile":
                both = product(of_methods["compile"], named)
                pairs += [(TRAINING, TRAINING, a, b) for a, b in both]
        return [
            f"{name}: {a}, {b}"
            for owner, name, a, b in pairs
            if (owner, a, b) not in self._together and not is_left_out(name, a, b)
        ]

    @staticmethod
    def _optional(owner: Any, name: str) -> list[str]:
        return [
            argument
            for argument, parameter in parameters(owner).items()
            if not is_required(parameter) and not is_left_out(name, argument)
        ]

    def _is_covered(self, owner: Any, name: str, argument: str) -> bool:
        given = self._set.get((owner, argument), [])
        if is_required(parameters(owner)[argument]):
            return bool(given)
        apart = () if is_seen_in_configuration(name, argument) else COUNTED_APART
        return any(self._changes(case, setting, apart) for case, setting in given)

    def _changes(self, case: Case, setting: Setting, apart: tuple[str, ...]) -> bool:
        key = case.kind, case.label
        if key not in self._results:
            self._results[key] = self._run(case)
        return _differ(self._results[key], self._run(setting.case_without), apart)


def _is_default(parameter: inspect.Parameter, value: Any) -> bool:
    return isinstance(value, type(parameter.default)) and value == parameter.default


def _differ(a: Result, b: Result, apart: tuple[str, ...]) -> bool:
    if isinstance(a, str) or isinstance(b, str):
        return isinstance(a, str) != isinstance(b, str)
    names = [n for n in {*a, *b} if not n.startswith(apart)]
    return any(n not in a or n not in b or not _equal(a[n], b[n]) for n in names)


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, str):
        return a == b
    return np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind in "fc")
