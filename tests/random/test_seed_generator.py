"""Seeds: counted, saved, shared."""

import numpy as np
import pytest

import minicnn
from minicnn import random
from minicnn.serialization import serialization_lib
from minicnn.utils import set_random_seed


def test_a_generator_counts():
    generator = random.SeedGenerator(42)
    seeds = [generator.next().tolist() for _ in range(3)]
    assert seeds == [[42, 0], [42, 1], [42, 2]]
    assert generator.state.numpy().tolist() == [42, 3]


def test_state_is_the_variable_that_keras_files_have(keras):
    keras.utils.clear_session()
    ours, theirs = (library.random.SeedGenerator(7) for library in (minicnn, keras))
    assert ours.state.path == theirs.state.path
    assert ours.state.dtype == theirs.state.dtype
    np.testing.assert_array_equal(ours.state.numpy(), theirs.state.numpy())
    ours_as_dict = serialization_lib.serialize_keras_object(ours)
    assert ours_as_dict == keras.saving.serialize_keras_object(theirs)
    assert serialization_lib.deserialize_keras_object(ours_as_dict).get_config() == (
        theirs.get_config()
    )


def test_the_same_seed_gives_the_same_numbers():
    first, second = random.SeedGenerator(5), random.SeedGenerator(5)
    for _ in range(3):
        np.testing.assert_array_equal(
            random.normal((50,), seed=first).numpy(), random.normal((50,), seed=second).numpy()
        )
    np.testing.assert_array_equal(
        random.normal((50,), seed=5).numpy(),
        random.normal((50,), seed=random.SeedGenerator(5)).numpy(),
    )


def test_other_seeds_and_other_counts_give_other_numbers():
    generator = random.SeedGenerator(5)
    draws = [random.uniform((50,), seed=s).numpy() for s in (generator, generator, 6, 2**32 - 1)]
    for i, first in enumerate(draws):
        for second in draws[:i]:
            assert abs(np.corrcoef(first, second)[0, 1]) < 0.5
            assert not np.array_equal(first, second)


def test_unseeded_numbers_follow_set_random_seed():
    draws = []
    for seed in (1, 1, 2):
        set_random_seed(seed)
        draws.append([random.normal((4,)).tolist() for _ in range(2)])
    assert draws[0] == draws[1]
    assert draws[0] != draws[2]
    assert draws[0][0] != draws[0][1]
    assert random.global_seed_generator() is random.global_seed_generator()


@pytest.mark.parametrize("seed", [0, 2**31 - 1, 2**31, 2**32 - 1, 10**12, -1])
def test_seeds_of_any_size(seed):
    assert random.uniform((2, 2), seed=seed).shape == (2, 2)
    assert random.uniform((2, 2), seed=random.SeedGenerator(seed)).shape == (2, 2)


def test_bad_seeds_are_refused():
    with pytest.raises(ValueError, match="Argument `seed` must be an integer"):
        random.SeedGenerator(seed="invalid")
    with pytest.raises(ValueError, match="Unrecognized keyword arguments"):
        random.SeedGenerator(foo=1)
    with pytest.raises(ValueError, match="Argument `seed` must be either an integer"):
        random.draw_seed("invalid")
