"""`KerasFileEditor`: shows and changes the weights in a file, and compares them with a model's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from minicnn.common.atomic import atomic_file
from minicnn.common.printing import print_msg, printable
from minicnn.common.suggest import did_you_mean
from minicnn.saving.file_contents import open_parts
from minicnn.saving.limits import FileRefused
from minicnn.saving.state import saved_variables
from minicnn.saving.weights_file import content_of_file, write_group
from minicnn.saving.weights_tree import (
    Tree,
    check_name,
    checked_weights,
    differences,
    objects,
    weights_tree,
)


class KerasFileEditor:
    """The weights in a `.keras` or `.weights.h5` file, to be shown, changed and saved.

    The file itself is never changed: `save` writes another one. An object (a layer, the optimizer)
    is given by its path, `"layers/dense_1"` (`"/encoder"` for one that is in no other), or by its
    name alone, `"dense_1"`, if nothing else has this name. Weights have the names "0", "1", ...

    Args:
        filepath: the file's name.

    Attributes:
        weights_dict: all weights, in dicts of objects.
        object_metadata: the names of layers in the file: `{"/layers/dense": {"name": "scores"}}`.
        config: the model's config; None for a `.weights.h5` file.
        metadata: which Keras wrote it, and when; None for a `.weights.h5` file.

    Example:
        >>> import tempfile
        >>> import minicnn as keras
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> path = f"{tempfile.mkdtemp()}/model.weights.h5"
        >>> model.save_weights(path)
        >>> editor = keras.saving.KerasFileEditor(path)
        Weights in ...
        >>> editor.rename_object("dense", "dense_1")
        >>> editor.compare(model)["error_count"]
        '/layers/dense' is in the model, but not in the file: an object with dense/0, dense/1.
        '/layers/dense_1' is in the file, but not in the model: an object with dense_1/0, dense_1/1.
        Differences: 2. Equal: 0.
        2

    Raises:
        ValueError: the file is damaged, has no weights of Keras 3, or is larger than a model is.
    """

    def __init__(self, filepath: str | os.PathLike):
        self.filepath = os.fspath(filepath)
        if not self.filepath.endswith((".keras", ".weights.h5")):
            raise ValueError(
                "Invalid filename: expected the name of a `.keras` or `.weights.h5` file. "
                f"Received: filepath={self.filepath}"
            )
        with open_parts(self.filepath) as parts:
            self.metadata = parts.metadata or None
            self.config = parts.config or None
            stored = [
                (_path_of_weight(path, parts.weights.description), name, values)
                for path, name, values in parts.weights.everything()
            ]
        self.weights_dict = weights_tree((path, values) for path, _, values in stored)
        self.object_metadata = {
            f"/{path}".rpartition("/")[0]: {"name": name} for path, name, _ in stored if name
        }
        print_msg(f"Weights in '{printable(self.filepath)}'")
        if self.metadata:
            version, date = (self.metadata.get(key, "?") for key in ("keras_version", "date_saved"))
            print_msg(f"Saved by Keras {printable(version)}, date: {printable(date)}")

    def summary(self) -> None:
        """Prints the objects with their weights, and the shapes and types of these."""
        print_msg("\n".join(["Weights structure", *self._lines(self.weights_dict, "")]))

    def _lines(self, group: Tree, path: str) -> Iterator[str]:
        for key, value in group.items():
            line, inside = f"{'  ' * path.count('/')}  {printable(key)}", f"{path}/{key}"
            if not isinstance(value, dict):
                yield f"{line}: shape={value.shape}, dtype={value.dtype}"
                continue
            name = self.object_metadata.get(inside, {}).get("name")
            yield f"{line} ('{printable(name)}')" if name else line
            yield from self._lines(value, inside)

    def compare(self, reference_model: Any) -> dict[str, Any]:
        """Prints each difference between the file and a model that is built.

        Returns:
            `status` ("success" or "error"), `error_count` (differences; an object that is not
            there is one) and `match_count` (weights of the same path and shape).
        """
        expected = weights_tree(
            (f"{path}/{key}".lstrip("/"), np.asarray(value))
            for path, _, variables in saved_variables(reference_model)
            for key, value in variables.items()
        )
        compared = [*differences(self.weights_dict, expected)]
        errors = [line for line in compared if line]
        count = {"error_count": len(errors), "match_count": len(compared) - len(errors)}
        print_msg("\n".join([*errors, "Differences: {}. Equal: {}.".format(*count.values())]))
        return {"status": "error" if errors else "success", **count}

    def rename_object(self, object_name: str, new_name: str) -> None:
        """Gives an object another name.

        Args:
            object_name: its path or name.
            new_name: the new name, without the path.
        """
        check_name(new_name, "`new_name` should be a leaf name, not a full path name")
        group, name, path = self._find(object_name)
        if new_name in group:
            raise ValueError(
                f"There is another '{new_name}' beside '{path}'. Rename or delete it first."
            )
        group[new_name] = group.pop(name)
        self._forget(path)

    def delete_object(self, object_name: str) -> None:
        """Removes an object and all objects inside it.

        Args:
            object_name: its path or name.
        """
        group, name, path = self._find(object_name)
        del group[name]
        self._forget(path)

    def add_object(self, object_path: str, weights: dict[str, Any]) -> None:
        """Adds an object, or replaces the one of this path.

        Args:
            object_path: its path; the object that it is in must be there.
            weights: the weights by name, `{"0": kernel, "1": bias}`.
        """
        path, _, name = str(object_path).strip("/").rpartition("/")
        check_name(name, "`object_path` should end in the name of an object")
        new = checked_weights(weights, object_path)
        owner = self._object(f"/{path}") if path else self.weights_dict
        owner[name] = new
        self._forget(f"/{path}/{name}" if path else f"/{name}")

    def delete_weight(self, object_name: str, weight_name: str) -> None:
        """Removes a weight of an object.

        Args:
            object_name: the object's path or name.
            weight_name: the weight's name, "0".
        """
        weights = self._object(object_name)
        names = [name for name, value in weights.items() if not isinstance(value, dict)]
        if weight_name not in names:
            raise ValueError(
                f"Weight {weight_name} not found in object {object_name}. "
                f"Weights found: {', '.join(names) or 'none'}."
            )
        del weights[weight_name]

    def add_weights(self, object_name: str, weights: dict[str, Any]) -> None:
        """Adds weights to an object, or replaces those of these names.

        Args:
            object_name: the object's path or name.
            weights: the weights by name, `{"0": kernel, "1": bias}`.
        """
        self._object(object_name).update(checked_weights(weights, object_name))

    def save(self, filepath: str | os.PathLike) -> None:
        """Writes the weights to a `.weights.h5` file, which is complete or not changed at all.

        Args:
            filepath: the file's name. `load_weights` of a model of the same objects reads it.
        """
        filepath = os.fspath(filepath)
        if not filepath.endswith(".weights.h5"):
            raise ValueError(
                "Invalid `filepath` argument: expected the name of a `.weights.h5` file. "
                f"Received: filepath={filepath}"
            )
        content = content_of_file(self._write)
        with atomic_file(filepath) as file:
            file.write(content)

    def resave_weights(self, filepath: str | os.PathLike) -> None:
        """Does what `save` does."""
        self.save(filepath)

    def _write(self, file: Any) -> None:
        for path, group in objects(self.weights_dict):
            weights = {name: x for name, x in group.items() if not isinstance(x, dict)}
            write_group(file, path.lstrip("/"), None, weights)

    def _find(self, name: str) -> tuple[Tree, str, str]:
        """What has this name or path: the object it is in, its name there and its path."""
        owner, slash, last = str(name).rpartition("/")
        owner = f"/{owner.strip('/')}".rstrip("/")
        places = [*objects(self.weights_dict)]
        found = [
            (group, last, f"{path}/{last}")
            for path, group in places
            if last in group and (not slash or path == owner)
        ]
        if not found:
            paths = [f"{path}/{key}" if slash else key for path, group in places for key in group]
            raise ValueError(
                f"'{name}' not found in '{self.filepath}'.{did_you_mean(str(name), paths)} "
                "`summary()` lists what is there."
            )
        if len(found) > 1:
            paths = [path for _, _, path in found]
            raise ValueError(
                f"Name '{name}' occurs more than once in '{self.filepath}'. Give the path: "
                f"{' or '.join(map(repr, paths[:5]))}."
            )
        return found[0]

    def _object(self, name: str) -> Tree:
        group, last, path = self._find(name)
        if not isinstance(group[last], dict):
            raise ValueError(f"'{path}' is a weight. Expected the name of an object (a layer).")
        return group[last]

    def _forget(self, path: str) -> None:
        """Drops the names that layers at and below a path had in the file."""
        for known in [*self.object_metadata]:
            if f"{known}/".startswith(f"{path}/"):
                del self.object_metadata[known]


def _path_of_weight(path: str, description: str) -> str:
    """The path of a weight without the group `vars` that it is in."""
    owner, _, name = path.rpartition("/")
    if not f"/{owner}".endswith("/vars"):
        raise FileRefused(
            f"{description} has '{path}', which is in no group `vars`: it is not in the format of "
            "Keras 3. Read it by `model.load_weights`, and write it by `model.save_weights`."
        )
    return f"{owner.removesuffix('vars')}{name}"
