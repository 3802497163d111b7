"""Random numbers: the same seed gives the same numbers, bit for bit, on any number of threads.

Every function takes `seed`: an integer (the same numbers at every call), a `SeedGenerator` (other
numbers at every call), or None for the global generator, which `utils.set_random_seed` seeds.
"""

from minicnn.autodiff.seed_generator import (
    SeedGenerator,
    draw_seed,
    global_seed_generator,
    make_default_seed,
)
from minicnn.common import keras_names
from minicnn.random.distributions import (
    beta,
    binomial,
    categorical,
    gamma,
    normal,
    randint,
    truncated_normal,
    uniform,
)
from minicnn.random.dropout import dropout
from minicnn.random.shuffle import shuffle

__all__ = [
    "SeedGenerator",
    "beta",
    "binomial",
    "categorical",
    "draw_seed",
    "dropout",
    "gamma",
    "global_seed_generator",
    "make_default_seed",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]

__getattr__ = keras_names.missing_in(__name__)
