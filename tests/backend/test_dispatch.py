"""`kernels.NAME`: the active backend first, then the definition, then NumPy."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest

from minicnn import config
from minicnn.backend import Kernels, kernels


def test_a_kernel_is_the_active_backends_if_it_has_one():
    config.set_backend("numba")
    assert kernels.conv.__module__ == "minicnn.backend.numba.conv"
    config.set_backend("numpy")
    assert kernels.conv.__module__ == "minicnn.backend.numpy.conv"
    config.set_backend("numba")
    assert kernels.conv.__module__ == "minicnn.backend.numba.conv"


def test_other_kernels_are_the_definition_and_then_numpys(backend):
    assert kernels.erf.__module__ == "minicnn.backend.numpy.special"
    assert kernels.arctan2 is np.arctan2


def test_a_name_is_looked_up_once():
    own = Kernels()
    first = own.arctan2
    assert own.__dict__ == {"arctan2": first}
    own.clear_cache()
    assert own.__dict__ == {}


def test_an_unknown_name_says_where_it_was_looked_for():
    with pytest.raises(AttributeError, match=r"no kernel 'convolve_twice'.*backend/numpy"):
        _ = kernels.convolve_twice


@pytest.mark.parametrize("name", ["numpy", "numba"])
def test_the_list_of_kernels_is_true(name):
    package = f"minicnn.backend.{name}"
    for module, names in import_module(package).MODULES.items():
        assert list(names) == sorted(set(names))
        for kernel in names:
            assert callable(getattr(import_module(f"{package}.{module}"), kernel))


def test_every_numba_kernel_has_a_definition():
    definitions = {
        name for names in import_module("minicnn.backend.numpy").MODULES.values() for name in names
    }
    for names in import_module("minicnn.backend.numba").MODULES.values():
        for name in names:
            assert name in definitions or hasattr(np, name)


def test_numba_is_imported_at_the_first_kernel_that_needs_it():
    program = (
        "import sys; import minicnn; from minicnn.backend import kernels; import numpy as np;"
        "kernels.arctan2(1.0, 2.0); kernels.erf(np.ones(3)); assert 'numba' not in sys.modules;"
        "kernels.relu(np.ones(3)); assert 'numba' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env={"MINICNN_BACKEND": "numba"})
