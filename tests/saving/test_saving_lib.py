"""Files of models: what is kept, what is refused, and what an error leaves behind."""

import io
import json
import pickle
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers
from minicnn.saving import saving_api


def small(units=2):
    return keras.Sequential(
        [keras.Input((3,)), layers.Dense(4, activation="relu"), layers.Dense(units)], name="small"
    )


def trained():
    model = small()
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.ones((8, 3)), np.ones((8, 2)), epochs=2, batch_size=4, verbose=0)
    return model


def weights_of(model):
    return [w.numpy() for w in model.weights]


def assert_same_weights(a, b):
    assert len(a) == len(b)
    for x, y in zip(a, b, strict=True):
        np.testing.assert_array_equal(x, y)


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def rewritten(path, **members):
    """The archive with these members replaced (or left out, where None)."""
    target = path.with_name("rewritten.keras")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as out:
        content = {name: source.read(name) for name in source.namelist()}
        content |= {f"{name}.json": text for name, text in members.items()}
        for name, data in content.items():
            if data is not None:
                out.writestr(name, data)
    return target


def test_a_trained_model_goes_on_where_it_was(tmp_path):
    model = trained()
    model.save(tmp_path / "m.keras")
    twin = keras.saving.load_model(tmp_path / "m.keras")
    assert_same_weights(weights_of(model), weights_of(twin))
    x, y = np.ones((8, 3)), np.zeros((8, 2))
    histories = [m.fit(x, y, epochs=3, verbose=0, shuffle=False).history for m in (model, twin)]
    assert histories[0] == histories[1]
    assert_same_weights(weights_of(model), weights_of(twin))
    assert files(tmp_path) == ["m.keras"]


def test_without_compiling(tmp_path):
    trained().save(tmp_path / "m.keras")
    assert not keras.saving.load_model(tmp_path / "m.keras", compile=False).compiled


def test_open_files():
    model, buffer = trained(), io.BytesIO()
    keras.saving.save_model(model, buffer)
    buffer.seek(0)
    assert_same_weights(weights_of(model), weights_of(keras.saving.load_model(buffer)))


def test_metadata(tmp_path):
    small().save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        metadata = json.loads(archive.read("metadata.json"))
    assert metadata["keras_version"].startswith("3.")
    assert metadata["minicnn_version"] == keras.__version__


class Interrupted(layers.Layer):
    """A layer whose saving, or loading, does not come to its end."""

    error = KeyboardInterrupt

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(2)

    def call(self, x):
        return self.dense(x)

    def save_own_variables(self, store):
        raise self.error("while saving")


@pytest.mark.parametrize("suffix", [".keras", ".weights.h5"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_interrupted_the_old_file_stays_whole(tmp_path, suffix, error, monkeypatch):
    path = tmp_path / f"m{suffix}"
    old = trained()
    write = saving_api.save_model if suffix == ".keras" else saving_api.save_weights
    write(old, path)
    monkeypatch.setattr(Interrupted, "error", error)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4), Interrupted()])
    with pytest.raises(error, match="while saving"):
        write(model, path)
    assert files(tmp_path) == [path.name]
    new = small()
    new.load_weights(path)
    assert_same_weights(weights_of(new), weights_of(old))


def test_no_space_left(tmp_path, monkeypatch):
    path = tmp_path / "m.keras"
    model = trained()
    model.save(path)
    before = path.read_bytes()

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(OSError, match="No space left"):
        model.save(path)
    assert path.read_bytes() == before
    assert files(tmp_path) == ["m.keras"]


@pytest.mark.parametrize("keep", [0.02, 0.3, 0.6, 0.95, 0.999])
def test_truncated(tmp_path, keep):
    path = tmp_path / "m.keras"
    trained().save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(ValueError, match=r"m.keras' is a truncated or damaged `.keras` file"):
        keras.saving.load_model(path)


def test_flipped_bits(tmp_path):
    path = tmp_path / "m.keras"
    trained().save(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ValueError, match="truncated or damaged"):
        keras.saving.load_model(path)


def test_wrong_bytes_in_a_file_of_weights(tmp_path, rng):
    path = tmp_path / "w.weights.h5"
    trained().save_weights(path)
    whole = path.read_bytes()
    refused = 0
    for _ in range(60):
        damaged = bytearray(whole)
        start = int(rng.integers(0, 4000))
        damaged[start : start + 16] = rng.bytes(16)
        path.write_bytes(damaged)
        model = small()
        before = weights_of(model)
        try:
            model.load_weights(path)
        except ValueError:
            refused += 1
            assert_same_weights(weights_of(model), before)
    assert refused > 10


@pytest.mark.parametrize("content", [b"", b"hello", pickle.dumps({"a": 1})])
def test_not_a_model_at_all(tmp_path, content):
    path = tmp_path / "m.keras"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"is not a `.keras` file: it is no zip archive"):
        keras.saving.load_model(path)
    with pytest.raises(ValueError, match="is not a"):
        small().load_weights(path)


def test_another_zip(tmp_path):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("letter.txt", "hello")
    with pytest.raises(ValueError, match=r"has no config.json. It has: letter.txt"):
        keras.saving.load_model(path)


def test_weights_under_the_name_of_a_model(tmp_path):
    small().save_weights(tmp_path / "m.weights.h5")
    path = (tmp_path / "m.weights.h5").rename(tmp_path / "m.keras")
    with pytest.raises(ValueError, match=r"not a `.keras` file but HDF5"):
        keras.saving.load_model(path)


@pytest.mark.parametrize(
    ("config", "error", "message"),
    [
        ("{not json", ValueError, "config.json in .* is not JSON"),
        (b"\xff\xfe", ValueError, "is not JSON"),
        ("[" * 100_000, ValueError, "is not JSON"),
        ("[1, 2]", ValueError, "has no 'class_name'"),
        ("{}", ValueError, "has no 'class_name'"),
        (None, ValueError, "has no config.json"),
        ('{"class_name": "Sequential"}', ValueError, "holds no model"),
        (
            '{"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}}',
            ValueError,
            "holds no model",
        ),
        (
            '{"module": "keras", "class_name": "Sequentail", "config": {}}',
            TypeError,
            "'Sequentail' in `keras`. Did you mean 'Sequential'",
        ),
        (
            '{"module": "keras.src.models.functional", "class_name": "Functional", "config": '
            '{"name": "f", "layers": [], "input_layers": [["x", 0, 0]], "output_layers": []}}',
            ValueError,
            "does not describe a model that can be made",
        ),
    ],
)
def test_tampered_configs(tmp_path, config, error, message):
    trained().save(tmp_path / "m.keras")
    with pytest.raises(error, match=message):
        keras.saving.load_model(rewritten(tmp_path / "m.keras", config=config))


def test_an_unknown_layer_is_named_with_the_file_and_the_near_match(tmp_path):
    small().save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        config = archive.read("config.json").decode()
    path = rewritten(tmp_path / "m.keras", config=config.replace('"Dense"', '"Densee"'))
    with pytest.raises(TypeError, match=r"'Densee' in `keras.layers`. Did you mean 'Dense'") as e:
        keras.saving.load_model(path)
    assert "rewritten.keras" in e.value.__notes__[0]


def test_weights_that_are_missing(tmp_path):
    small().save(tmp_path / "m.keras")
    target = tmp_path / "none.keras"
    with (
        zipfile.ZipFile(tmp_path / "m.keras") as source,
        zipfile.ZipFile(target, "w") as out,
    ):
        out.writestr("config.json", source.read("config.json"))
    with pytest.raises(ValueError, match=r"has no model.weights.h5"):
        keras.saving.load_model(target)


def test_a_zip_bomb(tmp_path):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * (1 << 27))
    with pytest.raises(ValueError, match=r"config.json in .* to 128.00 MB: .*decompression bomb"):
        keras.saving.load_model(path)


def test_names_in_the_archive_lead_nowhere(tmp_path):
    path = tmp_path / "m.keras"
    trained().save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../evil.txt", "evil")
        archive.writestr("/tmp/evil.txt", "evil")
    keras.saving.load_model(path)
    assert files(tmp_path) == ["m.keras"]


def test_mismatched_weights_leave_the_model_as_it_was(tmp_path):
    path = tmp_path / "w.weights.h5"
    trained().save_weights(path)
    other = small(units=5)
    before = weights_of(other)
    with pytest.raises(ValueError, match=r"w.weights.h5' does not fit the model: 1 objects") as e:
        other.load_weights(path)
    assert "Dense 'dense" in str(e.value)
    assert "must match" in str(e.value)
    assert_same_weights(weights_of(other), before)


def test_skipping_what_does_not_fit(tmp_path):
    path = tmp_path / "w.weights.h5"
    model = trained()
    model.save_weights(path)
    other = small(units=5)
    before = weights_of(other)
    with pytest.warns(UserWarning, match="does not fit the model"):
        other.load_weights(path, skip_mismatch=True)
    assert_same_weights(weights_of(other)[:2], weights_of(model)[:2])
    assert_same_weights(weights_of(other)[2:], before[2:])


def test_more_layers_than_the_file_has(tmp_path):
    path = tmp_path / "w.weights.h5"
    small().save_weights(path)
    bigger = small()
    bigger.add(layers.Dense(2))
    with pytest.raises(ValueError, match="received 0 variables"):
        bigger.load_weights(path)


def test_weights_of_a_keras_file(tmp_path):
    model, other = trained(), small()
    model.save(tmp_path / "m.keras")
    other.load_weights(tmp_path / "m.keras")
    assert_same_weights(weights_of(other), weights_of(model))


def test_objects_to_skip(tmp_path):
    path = tmp_path / "w.weights.h5"
    model, other = trained(), small()
    before = weights_of(other)
    saving_api.save_weights(model, path, objects_to_skip=[model.layers[0]])
    other.load_weights(path, objects_to_skip=[other.layers[0]])
    assert_same_weights(weights_of(other)[:2], before[:2])
    assert_same_weights(weights_of(other)[2:], weights_of(model)[2:])


def test_a_layer_under_another_name_finds_its_weights(tmp_path):
    class Plain(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(3)

        def call(self, x):
            return self.dense(x)

    class Renamed(keras.Model):
        def __init__(self):
            super().__init__()
            self.a_dense = layers.Dense(3)

        @property
        def dense(self):
            return self.a_dense

        def call(self, x):
            return self.a_dense(x)

    plain, renamed = Plain(), Renamed()
    x = np.ones((2, 2))
    plain(x), renamed(x)
    plain.save_weights(tmp_path / "w.weights.h5")
    renamed.load_weights(tmp_path / "w.weights.h5")
    assert_same_weights(weights_of(renamed), weights_of(plain))


def test_lists_that_contain_each_other(tmp_path):
    class Knot(keras.Model):
        def __init__(self):
            super().__init__()
            self.rope = [layers.Dense(2)]
            self.rope.append([self.rope, {"x": layers.Dense(2)}])
            self.end = self

        def call(self, x):
            return self.rope[1][1]["x"](self.rope[0](x))

    model, twin = Knot(), Knot()
    x = np.ones((1, 2), "float32")
    model(x), twin(x)
    model.save_weights(tmp_path / "w.weights.h5")
    twin.load_weights(tmp_path / "w.weights.h5")
    np.testing.assert_array_equal(model(x), twin(x))


def test_saving_and_loading_before_building(tmp_path):
    model = keras.Sequential([layers.Dense(2)])
    for method in (model.save_weights, model.load_weights):
        with pytest.raises(ValueError, match="a model that has not yet been built"):
            method(tmp_path / "w.weights.h5")


def test_a_failing_layer_of_one_s_own_is_named(tmp_path):
    class Fragile(layers.Dense):
        def load_own_variables(self, store):
            raise RuntimeError("the layer's own trouble")

    model = keras.Sequential([keras.Input((3,)), Fragile(2, name="glass")])
    model.save(tmp_path / "m.keras")
    with pytest.raises(ValueError, match="Fragile 'glass': the layer's own trouble"):
        keras.saving.load_model(tmp_path / "m.keras", custom_objects={"Fragile": Fragile})


def test_a_model_with_a_lambda_is_saved_and_not_loaded(tmp_path):
    model = keras.Sequential([keras.Input((3,)), layers.Lambda(lambda x: x * 2)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(tmp_path / "m.keras")
    for safe_mode in (True, False):
        with pytest.raises(ValueError, match="arbitrary code execution"):
            keras.saving.load_model(tmp_path / "m.keras", safe_mode=safe_mode)


class Vocabulary(layers.Layer):
    """A layer that keeps a file beside its weights."""

    def __init__(self, words=(), **kwargs):
        super().__init__(**kwargs)
        self.words = list(words)

    def call(self, x):
        return x

    def save_assets(self, folder):
        (Path(folder) / "words.txt").write_text("\n".join(self.words))

    def load_assets(self, folder):
        self.words = (Path(folder) / "words.txt").read_text().split("\n")


def with_assets(path):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2), Vocabulary(["a", "b"])])
    model.layers[1]._auto_config = {}  # the words are to be in the file only
    model.save(path)
    return {"custom_objects": {"Vocabulary": Vocabulary}}


def test_files_that_layers_keep(tmp_path):
    path = tmp_path / "m.keras"
    arguments = with_assets(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.read("assets/layers/vocabulary/words.txt") == b"a\nb"
    assert keras.saving.load_model(path, **arguments).layers[1].words == ["a", "b"]
    assert files(tmp_path) == ["m.keras"]


@pytest.mark.parametrize(
    "name",
    ["assets/../../evil", "assets/a/../../x", "assets/c:\\x", "assets/c:x", "assets/a\\x"]
    + [f"assets/{'n' * length}/{rest}" for length, rest in ((201, "x"), (300, "x/y"))]
    + [f"assets/x/{'n' * 201}"],
)
def test_assets_stay_in_their_folder(tmp_path, name):
    path = tmp_path / "m.keras"
    arguments = with_assets(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "evil")
    with pytest.raises(ValueError, match=r"Not allowed: the file .* outside its folder"):
        keras.saving.load_model(path, **arguments)
    assert files(tmp_path) == ["m.keras"]


def test_assets_may_have_long_names(tmp_path):
    path = tmp_path / "m.keras"
    arguments = with_assets(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"assets/{'n' * 200}/{'m' * 200}", "more")
    keras.saving.load_model(path, **arguments)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, d: m.save(d / "m.txt"), "Invalid filepath extension for saving"),
        (lambda m, d: m.save(d / "m.h5"), "older format, which minicnn reads, and does not write"),
        (lambda m, d: m.save(d / "m.keras", save_format="keras"), "argument is deprecated"),
        (lambda m, d: m.save(d / "m.keras", color=1), "not supported: \\['color'\\]"),
        (lambda m, d: m.save(d / "m", zipped=False), "Leave out `zipped=False`"),
        (lambda m, d: m.save_weights(d / "m.h5"), "must end in `.weights.h5`"),
        (lambda m, d: m.save_weights(d / "m.weights.h5", max_shard_size=1), "to one file"),
        (lambda m, d: m.save_weights(d / "m.weights.h5", x=1), "Invalid keyword arguments"),
        (lambda m, d: m.load_weights(d / "m.pkl"), "File format not supported"),
        (lambda m, d: m.load_weights(d / "m.keras", by_name=True), "only supports loading legacy"),
        (
            lambda m, d: m.load_weights(d / "m.keras", objects_to_skip=[]),
            "only supports loading '.weights.h5' files",
        ),
        (lambda m, d: m.load_weights(d / "m.keras", y=1), "Invalid keyword arguments"),
        (lambda m, d: keras.saving.load_model(d / "m.keras"), "File not found"),
        (lambda m, d: keras.saving.load_model(d / "m.pkl"), "File format not supported"),
        (lambda m, d: keras.saving.load_model(d / "m.h5"), "File not found"),
    ],
)
def test_wrong_names_and_arguments(tmp_path, call, message):
    with pytest.raises(ValueError, match=message):
        call(small(), tmp_path)
    assert files(tmp_path) == []


def test_missing_folders_and_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder"):
        small().save(tmp_path / "nowhere" / "m.keras")
    for name in ("w.weights.h5", "m.keras", "m.h5"):
        with pytest.raises(FileNotFoundError, match=name):
            small().load_weights(tmp_path / name)


@pytest.mark.parametrize(("answer", "written"), [("y", True), ("n", False)])
def test_asking_before_overwriting(tmp_path, monkeypatch, answer, written):
    path = tmp_path / "m.keras"
    path.write_bytes(b"old")
    questions = []

    def reply(question):
        questions.append(question)
        return answer

    monkeypatch.setattr("builtins.input", reply)
    small().save(path, overwrite=False)
    assert len(questions) == 1
    assert "m.keras" in questions[0]
    assert (path.read_bytes() != b"old") == written
