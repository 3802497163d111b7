"""The themes of drawn networks: which sizes, layers and events each looks at.

Networks are drawn in blocks with one network of each theme, so that a short search has all kinds.
"""

from __future__ import annotations

from typing import NamedTuple

from compare.fuzz import wide_layers
from compare.fuzz.layer_settings import ONE_INPUT, LayerChoice
from compare.fuzz.masked_layers import MASKED

SMALL_SIDES = {1: 12, 2: 9, 3: 8, 4: 5}  # the longest side of an input, by its rank
BATCH = (64, 300)  # large enough that kernels are cut into several pieces


class Theme(NamedTuple):
    """What networks of a theme are drawn from.

    Attributes:
        name: shown in tables.
        ranks: of the inputs, without the batch.
        sides: the longest spatial side, by the rank.
        channels: the smallest and the largest number of channels of the inputs.
        batch: the smallest and the largest number of rows of a batch.
        layers: the layers that may be drawn.
        first: those of which the first layer is drawn; () for any.
        most_steps: the largest number of layers.
        largest: numbers in a layer's output for one row, at most.
        places: pixels of the images of a batch together, at least.
        work: multiplications of a training, forward only, at most.
        must: events that each network has.
        plain: whether half of the optimizers have only settings of their own.
        goals: labels that may be drawn; () for all.
    """

    name: str
    ranks: tuple[int, ...] = (1, 2, 3, 3, 4)
    sides: dict[int, int] = SMALL_SIDES
    channels: tuple[int, int] = (1, 6)
    batch: tuple[int, int] = (2, 5)
    layers: list[LayerChoice] = ONE_INPUT
    first: tuple[LayerChoice, ...] = ()
    most_steps: int = 6
    largest: int = 500
    places: int = 0
    work: float = 2e8
    must: tuple[str, ...] = ()
    plain: bool = True
    goals: tuple[str, ...] = ()

    @property
    def is_wide(self) -> bool:
        """Whether batches are large."""
        return self.batch == BATCH


NUMBERED = ("classes", "one_hot")
THEMES = (
    Theme("small", plain=False),
    Theme(
        "winograd",
        ranks=(3,),
        sides={3: 28},
        channels=(8, 40),
        batch=BATCH,
        places=45_000,
        work=5e8,
        layers=wide_layers.WINOGRAD,
        first=tuple(wide_layers.WINOGRAD),
        most_steps=2,
        largest=20000,
    ),
    Theme("steps", must=("start",), plain=False, most_steps=3),
    Theme(
        "dense",
        ranks=(1,),
        channels=(1, 160),
        batch=BATCH,
        layers=[*wide_layers.DENSE * 2, *wide_layers.NORMALIZED],
        first=tuple(wide_layers.DENSE),
        most_steps=4,
        largest=300,
        goals=NUMBERED,
    ),
    Theme("masks", ranks=(1, 2, 2), layers=MASKED, first=tuple(MASKED[:1]), most_steps=7),
    Theme(
        "images",
        ranks=(3,),
        sides={3: 40},
        channels=(1, 4),
        batch=(2, 9),
        layers=[wide_layers.CONVOLUTION, *wide_layers.POOLED, *wide_layers.NORMALIZED],
        first=(wide_layers.CONVOLUTION, *wide_layers.WINOGRAD),
        most_steps=4,
        largest=20000,
    ),
    Theme("saving", must=("freeze", "save"), most_steps=4),
    Theme(
        "blocks",
        ranks=(3,),
        sides={3: 9},
        channels=(1, 40),
        batch=BATCH,
        layers=[*wide_layers.WINOGRAD, *wide_layers.POOLED, *wide_layers.NORMALIZED],
        first=(*wide_layers.WINOGRAD, wide_layers.CONVOLUTION),
        most_steps=5,
        largest=4000,
    ),
    Theme("channels first", ranks=(2, 3, 3, 4), most_steps=4),
    Theme(
        "spread",
        ranks=(2, 3, 3),
        sides={2: 30, 3: 9},
        channels=(1, 64),
        batch=BATCH,
        layers=[*wide_layers.SPREAD * 2, *wide_layers.POOLED, *wide_layers.NORMALIZED],
        first=tuple(wide_layers.SPREAD),
        most_steps=3,
        largest=4000,
    ),
    Theme(
        "classes",
        ranks=(1, 3),
        channels=(1, 12),
        batch=(5, 40),
        layers=[*wide_layers.DENSE, *ONE_INPUT],
        first=(*wide_layers.DENSE, wide_layers.CONVOLUTION),
        most_steps=4,
        goals=NUMBERED,
        must=("fit",),
    ),
    Theme("averages", must=("save",), plain=False, most_steps=3),
)
