"""Steps that happen as a whole or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from minicnn.autodiff import Variable
from minicnn.autodiff.quiet import quiet
from minicnn.autodiff.temporary_values import Snapshot, restore
from minicnn.autodiff.variable_scopes import collect_new_variables
from minicnn.layers.base.ownership_cache import clear_ownership_cache, ownership_cached


class Transactions:
    """Runs training steps; where one fails, all state is again what it was before the step.

    Model, optimizers and metrics count as state. Ctrl-C is a failure too.

    Use as `with Transactions(model) as transactions: transactions.run(step, data)`.

    Args:
        trainer: the model whose state is kept.

    Attributes:
        variables: the state.
    """

    def __init__(self, trainer: Any):
        self._trainer = trainer
        self.variables = state_variables(trainer)
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Transactions:
        self._open.enter_context(ownership_cached())
        self._new: list[tuple[Variable, Any]] = self._open.enter_context(collect_new_variables())
        return self

    def __exit__(self, *exception: Any) -> None:
        self._open.close()

    def run(self, step: Callable[..., Any], *data: Any) -> Any:
        """The result of `step(*data)`."""
        before = Snapshot(self.variables)
        try:
            with quiet():
                result = step(*data)
        except BaseException:
            before.restore()
            restore(self._new)  # created in this step, as layers build themselves
            self._start_over()
            raise
        if self._new:
            self._start_over()
        return result

    def _start_over(self) -> None:
        self._new.clear()
        clear_ownership_cache()
        self.variables = state_variables(self._trainer)


def state_variables(trainer: Any) -> list[Variable]:
    """The variables of a model, of its metrics and of all optimizers in its attributes."""
    return [v for variables in state_by_owner(trainer).values() for v in variables]


def state_by_owner(trainer: Any) -> dict[str, list[Variable]]:
    """The same, each once, under "model", "metrics" and "optimizers"."""
    from minicnn.optimizers import Optimizer

    optimizers: list[Any] = []
    for layer in trainer._flatten_layers():
        optimizers += [vars(layer).get("optimizer"), *layer._owned(Optimizer)]
    owners = {"model": [trainer], "metrics": trainer.metrics, "optimizers": optimizers}
    seen: set[int] = set()
    found: dict[str, list[Variable]] = {}
    for name, some in owners.items():
        variables = {id(v): v for owner in some for v in getattr(owner, "variables", ())}
        found[name] = [v for key, v in variables.items() if key not in seen]
        seen.update(variables)
    return found
