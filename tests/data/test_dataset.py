"""Data sets by themselves: laziness, seeds, files, errors, and what models make of them."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn as keras
from minicnn.data import AUTOTUNE, Dataset, TensorSpec


def values(dataset):
    return [np.asarray(x).tolist() for x in dataset]


class Counted:
    """A generator function that counts what it was asked for."""

    def __init__(self, count=10):
        self.made, self.count = 0, count

    def __call__(self):
        for i in range(self.count):
            self.made += 1
            yield i


def counted(source):
    return Dataset.from_generator(source, output_signature=TensorSpec((), "int32"))


def test_nothing_is_made_before_it_is_needed():
    source = Counted(1000)
    dataset = (
        counted(source).map(lambda x: x + 1).filter(lambda x: x > 0).batch(2).prefetch(AUTOTUNE)
    )
    assert source.made == 0
    next(iter(dataset))
    assert source.made == 2
    next(iter(counted(source).shuffle(5)))
    assert source.made == 2 + 6


def test_map_sees_tensors_and_nothing_changes_the_data(rng):
    x = rng.normal(size=(4, 3)).astype("float32")
    seen = []
    dataset = Dataset.from_tensor_slices(x).map(lambda row: seen.append(row) or row * 2)
    first = list(dataset)
    assert all(isinstance(row, keras.Tensor) for row in seen)
    kept = [row.numpy() for row in Dataset.from_tensor_slices(x)]
    tensors = list(Dataset.from_tensor_slices(x))
    x[:] = 0
    assert np.array_equal([t.numpy() for t in tensors], kept)
    assert np.array_equal([t.numpy() for t in first], 2 * np.array(kept))


def test_seeded_shuffles_repeat_themselves_and_differ_from_pass_to_pass():
    first, second = (Dataset.range(50).shuffle(50, seed=7) for _ in range(2))
    passes = [values(first) for _ in range(3)]
    assert passes == [values(second) for _ in range(3)]
    assert len(set(map(tuple, passes))) == 3
    assert values(Dataset.range(50).shuffle(50, seed=8)) != passes[0]
    epochs = np.reshape(values(Dataset.range(50).shuffle(50, seed=7).repeat(3)), (3, 50))
    assert epochs.tolist() == passes


@pytest.mark.parametrize("seed", [None, 3])
def test_without_reshuffling_each_pass_is_the_same(seed):
    dataset = Dataset.range(50).shuffle(50, seed, reshuffle_each_iteration=False)
    assert values(dataset) == values(dataset) != list(range(50))


def test_without_a_seed_the_programs_seed_decides():
    def passes():
        keras.utils.set_random_seed(5)
        dataset = Dataset.range(50).shuffle(20)
        return [values(dataset) for _ in range(2)]

    first = passes()
    assert first == passes()
    assert first[0] != first[1]


def test_asking_for_the_spec_does_not_change_the_order():
    def order(ask):
        keras.utils.set_random_seed(5)
        dataset = Dataset.range(20).shuffle(20).map(lambda x: np.float32(int(x)))
        assert not ask or dataset.element_spec == TensorSpec((), "float32")
        return values(dataset)

    assert order(ask=True) == order(ask=False)


def test_the_spec_of_batches_mapped_by_numpy_keeps_the_batch_axis_open():
    dataset = Dataset.from_tensor_slices(np.ones((5, 3), "float32")).batch(2)
    mapped = dataset.map(lambda x: np.asarray(x)[:, :2])
    assert mapped.element_spec == TensorSpec((None, 2), "float32")


def test_the_spec_of_mapped_elements_of_unknown_rank_is_that_of_the_first():
    dataset = Dataset.from_generator(lambda: iter([[1, 2]]), "float32").map(lambda x: x + 1)
    assert dataset.element_spec == TensorSpec((2,), "float32")


@pytest.mark.parametrize("in_file", [False, True])
def test_cache_makes_each_element_once(in_file, tmp_path):
    source = Counted(6)
    dataset = counted(source).map(lambda i: {"n": i, "s": (i * 2, [0, 1])})
    cached = dataset.cache(tmp_path / "kept" if in_file else "")
    next(iter(cached))
    assert source.made == 1
    first = [str(e) for e in cached]
    assert [str(e) for e in cached] == first
    assert source.made == 1 + 6 + (1 if in_file else 0)  # a look at the first for the structure
    if in_file:
        assert [path.name for path in tmp_path.iterdir()] == ["kept"]
        again = dataset.cache(str(tmp_path / "kept"))
        assert [str(e) for e in again] == first


def test_reduce_bool_repr_and_files(tmp_path):
    assert int(Dataset.range(5).reduce(np.int64(2), lambda total, x: total + x)) == 12
    assert bool(Dataset.range(0).repeat())
    assert repr(Dataset.range(3)) == "<Dataset, 3 elements>"
    for name in "cab":
        (tmp_path / f"{name}.txt").write_text(name)
    files = Dataset.list_files(str(tmp_path / "*.txt"), shuffle=False)
    assert [str(x.numpy())[-5:] for x in files] == ["a.txt", "b.txt", "c.txt"]
    with pytest.raises(ValueError, match="No file matches"):
        Dataset.list_files(str(tmp_path / "*.png"))


def fails_at_3(x):
    if int(x) == 3:
        raise KeyError("missing")
    return x


class TestErrors:
    @pytest.mark.parametrize(
        ("step", "message"),
        [
            (lambda d: d.map(fails_at_3), "given to `map` raised KeyError at element 3 .*missing"),
            (lambda d: d.filter(fails_at_3), "given to `filter` raised KeyError at element 3"),
            (lambda d: d.flat_map(fails_at_3), "must return a Dataset. It returned a Tensor"),
            (lambda d: d.unbatch(), r"`unbatch` needs batches.*shapes \(\)"),
            (lambda d: d.map(lambda x: np.ones(int(x))).batch(3), r"batch 0 the elements 0 and 1 "),
        ],
    )
    def test_a_step_that_fails(self, step, message):
        error = (ValueError, TypeError)
        with pytest.raises(error, match=message):
            list(step(Dataset.range(5)))

    def test_unequal_lengths_say_how_to_pad(self):
        for ragged in (
            [[1], [2, 3]],
            np.array([[1], [2, 3]], dtype=object),
            [np.ones(1), np.ones(2)],
        ):
            with pytest.raises(ValueError, match=r"unequal length.*pad_sequences"):
                Dataset.from_tensor_slices(ragged)

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: Dataset.from_tensor_slices((np.ones(3), np.ones(4))), r"\(3,\), \(4,\)"),
            (lambda: Dataset.from_tensor_slices(3), "received a single number"),
            (lambda: Dataset.range(3).batch(0), "`batch_size` must be a whole number from 1"),
            (lambda: Dataset.range(3).batch(2.5), "batch_size=2.5"),
            (lambda: Dataset.range(3).shuffle(-2), "`buffer_size` must be a whole number from 1"),
            (lambda: Dataset.range(3).take("2"), "`count` must be a whole number"),
            (lambda: Dataset.range(3).shard(2, 2), "`index` must be less than `num_shards`"),
            (lambda: Dataset.zip((Dataset.range(3), [1])), "`zip` takes data sets"),
            (lambda: Dataset.from_generator(iter([1]), "int32"), "takes a function"),
            (lambda: Dataset.from_generator(lambda: iter([1])), "needs the types"),
        ],
    )
    def test_arguments(self, make, message):
        with pytest.raises((ValueError, TypeError), match=message):
            make()

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            ([1.0, 2.0, 3.0], r"Element 1 .*expected the shape \(2,\), but received \(3,\)"),
            (["a", "b"], "Element 1 .*expected the type float32"),
        ],
    )
    def test_a_generator_that_does_not_fit_its_signature(self, value, message):
        dataset = Dataset.from_generator(
            lambda: iter([[1, 2], value]), output_signature=TensorSpec((2,), "float32")
        )
        with pytest.raises((ValueError, TypeError), match=message):
            list(dataset)


@pytest.fixture
def arrays(rng):
    return rng.normal(size=(20, 3)).astype("float32"), rng.integers(0, 2, 20)


def net():
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class TestWithModels:
    def test_fit_evaluate_and_predict_as_on_arrays(self, arrays):
        x, y = arrays
        data = Dataset.from_tensor_slices((x, y)).batch(8)
        own, plain = net(), net()
        logs = own.fit(data, epochs=3, validation_data=data, verbose=0).history
        same = plain.fit(
            x,
            y,
            batch_size=8,
            epochs=3,
            shuffle=False,
            validation_data=(x, y),
            validation_batch_size=8,
            verbose=0,
        ).history
        assert logs == same
        assert own.evaluate(data, verbose=0) == plain.evaluate(x, y, batch_size=8, verbose=0)
        assert np.array_equal(
            own.predict(data, verbose=0), plain.predict(x, batch_size=8, verbose=0)
        )

    def test_endless_data_with_steps(self, arrays):
        data = Dataset.from_tensor_slices(arrays).shuffle(20).repeat().batch(4)
        history = net().fit(data, epochs=2, steps_per_epoch=3, verbose=0)
        assert len(history.history["loss"]) == 2

    def test_class_weights(self, arrays):
        x, y = arrays
        weights = {0: 0.25, 1: 3.0}
        data = Dataset.from_tensor_slices((x, y)).batch(8)
        own = net().fit(data, class_weight=weights, epochs=2, verbose=0).history["loss"]
        plain = (
            net()
            .fit(x, y, batch_size=8, shuffle=False, class_weight=weights, epochs=2, verbose=0)
            .history["loss"]
        )
        assert own == plain
        with pytest.raises(ValueError, match=r"class_weight.*sample_weight"):
            weighted = data.map(lambda x, y: (x, y, x[:, 0]))
            net().fit(weighted, class_weight=weights, verbose=0)

    @pytest.mark.parametrize("batched", [True, False])
    def test_adapt(self, arrays, batched):
        data = Dataset.from_tensor_slices(arrays[0])
        layer, plain = keras.layers.Normalization(), keras.layers.Normalization()
        layer.adapt(data.batch(7) if batched else data)
        plain.adapt(arrays[0])
        for own, right in zip(layer.get_weights()[:2], plain.get_weights()[:2], strict=True):
            np.testing.assert_allclose(own, right, rtol=1e-5, atol=1e-6)
