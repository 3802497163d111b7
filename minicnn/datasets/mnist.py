"""MNIST, the handwritten digits, from a file inside the package.

Authors: Yann LeCun, Corinna Cortes, Christopher J. C. Burges. Licence: Creative Commons
Attribution-Share Alike 3.0 (CC BY-SA 3.0); see `mnist.LICENCE.md` beside this file.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np

from minicnn.datasets import idx
from minicnn.datasets.cache import DamagedFileError

IDX_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}


def load_data(
    path: str = "mnist.npz",
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Handwritten digits: `(x_train, y_train), (x_test, y_test)`, 60,000 and 10,000 of them.

    Images are uint8 from 0 (background) to 255, of shape `(images, height 28, width 28)`; labels
    are uint8 from 0 to 9, of shape `(images,)`. Nothing is downloaded: `path`, Keras's name for the
    downloaded file, is accepted and has no effect.

    Authors: Yann LeCun, Corinna Cortes, Christopher J. C. Burges; a derivative of the NIST special
    databases 1 and 3. Licence: CC BY-SA 3.0, https://creativecommons.org/licenses/by-sa/3.0/
    Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document
    recognition", Proceedings of the IEEE 86 (1998), section III A.

    >>> (x_train, y_train), (x_test, y_test) = load_data()
    >>> x_train.shape, y_test.shape, x_train.dtype
    ((60000, 28, 28), (10000,), dtype('uint8'))
    """
    file = resources.files("minicnn.datasets").joinpath("mnist.npz")
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            x_train, y_train, x_test, y_test = (arrays[name] for name in IDX_FILES)
    except Exception as error:  # reading a damaged file may raise almost any error
        reason = f"{type(error).__name__}: {error}"
        raise DamagedFileError(
            f"{file}, a file of minicnn, is missing or damaged ({reason}): install minicnn again."
        ) from None
    return (x_train, y_train), (x_test, y_test)


def make_package_file(idx_folder: Path, target: Path) -> None:
    """Writes the file that `load_data` reads, from the four published IDX files.

    `mnist.npz` was made by it; tests compare its content with the published MD5 sums.
    """
    arrays = {
        name: idx.unpack((idx_folder / file).read_bytes()) for name, file in IDX_FILES.items()
    }
    np.savez_compressed(target, **arrays)
