"""`image_dataset_from_directory`: the images of a folder, read when they are needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minicnn import ops
from minicnn.common import configuration
from minicnn.common.printing import print_msg
from minicnn.common.suggest import unknown_name
from minicnn.data import labelled_files
from minicnn.data.dataset import Dataset, check_format
from minicnn.data.image_files import COLOR_MODES, FORMATS, pillow, pixels
from minicnn.data.labelled_files import LabelledFiles, find_files
from minicnn.data.specs import TensorSpec
from minicnn.ops.image.resizing import INTERPOLATIONS

_CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
_LABEL_MODES = ("int", "categorical", "binary", None)


def image_dataset_from_directory(
    directory: str | os.PathLike,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: Any = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """Batches of the images in a folder, whose subfolders are the classes.

    Only the names of the files are read at first. An image is read when its batch is needed, by
    Pillow (`pip install "minicnn[images]"`).

    Args:
        directory: the folder, with files `CLASS/NAME.jpg` (.jpeg, .png, .bmp, .gif), also in
            folders below.
        labels: "inferred" from the subfolders, None, or a list of whole numbers, one for each file
            in the order of their sorted paths.
        label_mode: "int" for numbers `(batch,)`, "categorical" for one-hot vectors `(batch,
            classes)`, "binary" for 0.0 and 1.0 `(batch, 1)`, None for images only.
        class_names: the subfolders in the order of the classes, by default sorted.
        color_mode: "rgb", "rgba" or "grayscale".
        batch_size: images in a batch, None for single images.
        image_size: height and width to resize to.
        shuffle: whether to shuffle the files; otherwise they are sorted.
        seed: of the order.
        validation_split: fraction of the files to validate on, the last ones.
        subset: with `validation_split`: "training", "validation", or "both" for two data sets.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        follow_links: whether to enter folders that are links.
        crop_to_aspect_ratio: whether to cut borders off, so that nothing is distorted.
        pad_to_aspect_ratio: whether to add black borders, so that nothing is distorted.
        data_format: "channels_last" or "channels_first", by default that of the configuration.
        format: "tf" to shuffle in each epoch again, "grain" for the same order in all epochs; the
            result is always a `Dataset` of minicnn.
        verbose: whether to print how many files and classes there are.

    Returns:
        A `Dataset` with the attributes `class_names` and `file_paths`. Images are float32 from 0
        to 255.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: no images, classes or labels that do not match; and while it is iterated over,
            a file that is no image.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from pathlib import Path
        >>> import minicnn as keras
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("cats/1.png", "cats/2.png", "dogs/1.png"):
        ...     (folder / name).parent.mkdir(exist_ok=True)
        ...     keras.utils.save_img(folder / name, np.random.rand(20, 30, 3))
        >>> images = keras.utils.image_dataset_from_directory(folder, image_size=(8, 8))
        Found 3 files belonging to 2 classes.
        >>> images.class_names, [(x.shape, y.shape) for x, y in images]
        (['cats', 'dogs'], [((3, 8, 8, 3), (3,))])
    """
    if labels is None or label_mode is None:
        labels = label_mode = None
    size = _checked_size(image_size)
    _check(labels, label_mode, color_mode, interpolation, crop_to_aspect_ratio, pad_to_aspect_ratio)
    check_format(format)
    labelled_files.check_split(validation_split, subset, shuffle, seed)
    pillow()
    if seed is None:
        seed = int(np.random.randint(1e6))
    files = find_files(directory, labels, class_names, FORMATS, follow_links)
    if verbose:
        classes = "" if files.labels is None else f" belonging to {len(files.class_names)} classes"
        print_msg(f"Found {len(files.paths)} files{classes}.")
    if label_mode == "binary" and len(files.class_names) != 2:
        raise ValueError(
            'When passing `label_mode="binary"`, there must be exactly 2 class_names. Received: '
            f"class_names={files.class_names}"
        )
    files = files.shuffled(seed) if shuffle else files
    read = _reader(
        size, color_mode, interpolation, crop_to_aspect_ratio, pad_to_aspect_ratio, data_format
    )
    shape = _shape(size, color_mode, data_format)

    def made(part: str | None, shuffled: bool) -> Dataset:
        chosen = labelled_files.split(files, validation_split, part)
        if not chosen.paths:
            kind = "" if subset != "both" else f"{part} "
            raise ValueError(
                f"No {kind}images found in directory {os.fspath(directory)}. Allowed formats: "
                f"{FORMATS}"
            )
        buffer_size = 8 * batch_size if batch_size else 1024
        order = (buffer_size, seed, format == "tf") if shuffled else None
        images = _images(chosen, label_mode, order, read, shape)
        images = images if batch_size is None else images.batch(batch_size)
        images.class_names, images.file_paths = files.class_names, chosen.paths
        return images

    if subset == "both":
        return [made("training", shuffle), made("validation", False)]
    return made(subset, shuffle)


def _images(
    files: LabelledFiles,
    label_mode: str | None,
    order: tuple[int, int, bool] | None,
    read: Callable[[str], np.ndarray],
    shape: tuple[int, ...],
) -> Dataset:
    """Images, or pairs of an image and a label; what is shuffled are the names of the files."""
    numbers = Dataset.range(len(files.paths))
    if order is not None:
        numbers = numbers.shuffle(*order)
    spec = TensorSpec(shape, "float32")
    if label_mode is None:
        return numbers._then(
            lambda: (read(files.paths[int(i)]) for i in numbers._elements()), spec=lambda: spec
        )
    labels = _encoded(files, label_mode)

    def elements() -> Iterator[tuple]:
        for i in map(int, numbers._elements()):
            yield read(files.paths[i]), labels[i, ...].copy()

    label_spec = TensorSpec(labels.shape[1:], labels.dtype)
    return numbers._then(elements, spec=lambda: (spec, label_spec))


def _encoded(files: LabelledFiles, label_mode: str) -> np.ndarray:
    numbers = np.array(files.labels, "int32")
    if label_mode == "binary":
        return numbers[:, None].astype("float32")
    if label_mode == "categorical":
        return (numbers[:, None] == np.arange(len(files.class_names))).astype("float32")
    return numbers


def _reader(
    size: tuple[int, int],
    color_mode: str,
    interpolation: str,
    crop: bool,
    pad: bool,
    data_format: str | None,
) -> Callable[[str], np.ndarray]:
    """A function that reads a file into an array of the size."""
    first = configuration.standardize_data_format(data_format) == "channels_first"

    def read(path: str) -> np.ndarray:
        image = pixels(path, color_mode).astype("float32")
        if pad:
            image = _padded(image, size, interpolation)
        else:
            image = ops.image.resize(
                image,
                size,
                interpolation,
                crop_to_aspect_ratio=crop,
                data_format="channels_last",
            )
        image = np.asarray(image)
        return np.ascontiguousarray(image.transpose(2, 0, 1)) if first else image

    return read


def _padded(image: np.ndarray, size: tuple[int, int], interpolation: str) -> np.ndarray:
    """The image in full, as large as fits in, with black around it."""
    ratio = max(old / new for old, new in zip(image.shape, size, strict=False))
    exact = [old / ratio for old in image.shape[:2]]
    inner = tuple(max(int(length), 1) for length in exact)
    resized = np.asarray(ops.image.resize(image, inner, interpolation, data_format="channels_last"))
    padded = np.zeros((*size, image.shape[2]), "float32")
    top, left = (max(int((new - old) / 2), 0) for old, new in zip(exact, size, strict=True))
    padded[top : top + inner[0], left : left + inner[1]] = resized
    return padded


def _shape(size: tuple[int, int], color_mode: str, data_format: str | None) -> tuple[int, ...]:
    channels = _CHANNELS[color_mode]
    if configuration.standardize_data_format(data_format) == "channels_first":
        return (channels, *size)
    return (*size, channels)


def _checked_size(image_size: Any) -> tuple[int, int]:
    if isinstance(image_size, int):
        return image_size, image_size
    if not isinstance(image_size, (list, tuple)) or len(image_size) != 2:
        raise ValueError(
            "Invalid `image_size` value. Expected a tuple of 2 integers. Received: "
            f"image_size={image_size}"
        )
    return tuple(image_size)


def _check(
    labels: Any, label_mode: Any, color_mode: str, interpolation: str, crop: bool, pad: bool
) -> None:
    if labels is not None and not isinstance(labels, (list, tuple)) and labels != "inferred":
        raise ValueError(
            "`labels` argument should be a list/tuple of integer labels, of the same size as the "
            'number of image files in the target directory, or "inferred" from the '
            f"subdirectories, or None. Received: labels={labels}"
        )
    if label_mode not in _LABEL_MODES:
        raise ValueError(
            '`label_mode` argument must be one of "int", "categorical", "binary", or None. '
            f"Received: label_mode={label_mode}"
        )
    if color_mode not in COLOR_MODES:
        raise ValueError(
            '`color_mode` must be one of {"rgb", "rgba", "grayscale"}. '
            f"Received: color_mode={color_mode}"
        )
    if interpolation not in INTERPOLATIONS:
        raise ValueError(unknown_name("interpolation", interpolation, INTERPOLATIONS))
    if crop and pad:
        raise ValueError(
            "Only one of `pad_to_aspect_ratio`, `crop_to_aspect_ratio` can be set to `True`."
        )
