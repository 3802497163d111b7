"""Real Keras on PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from compare.libraries.keras import Keras


class Torch(Keras):
    """Keras on PyTorch, with gradients by `torch.autograd`."""

    def differentiate(
        self,
        function: Callable[..., list],
        inputs: Sequence[np.ndarray],
        variables: Sequence[Any],
        cotangents: Sequence[np.ndarray],
        held_constant: bool = False,
    ) -> list[np.ndarray | None]:
        """The gradients of the recorded graph."""
        tensors = [torch.tensor(x, requires_grad=True) for x in inputs]
        outputs = function(*tensors)
        seeds = [torch.tensor(c).to(y.dtype) for c, y in zip(cotangents, outputs, strict=True)]
        connected = [(y, c) for y, c in zip(outputs, seeds, strict=True) if y.requires_grad]
        sources = [*tensors, *(v.value for v in variables)]
        gradients = torch.autograd.grad(
            [y for y, _ in connected], sources, [c for _, c in connected], allow_unused=True
        )
        return [None if g is None else g.detach().cpu().numpy() for g in gradients]
