"""PyTorch's networks are those of Keras, and a session trains and applies them."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
from benchmarks import cli, plan
from benchmarks.libraries import KERAS, LIBRARIES, NAMED, PYTORCH
from benchmarks.session import XOR
from compare import networks


def test_plain_pytorch_is_no_backend_of_keras():
    assert PYTORCH == ("PyTorch", "PyTorch-nhwc")
    assert not {*KERAS} & {*PYTORCH}
    assert [library.name for library in LIBRARIES if not library.has_keras_api] == [*PYTORCH]


@pytest.mark.parametrize("model", [[], ["--model", "mine.py:build"]])
def test_a_users_network_is_not_run_in_plain_pytorch(model, monkeypatch):
    """Only libraries with Keras's interface can load it, and only they are started."""
    monkeypatch.setattr(type(NAMED["PyTorch"]), "installed", lambda self: True)
    names = cli._names(cli._parser().parse_args(model))
    expected = [library.name for library in LIBRARIES if not model or library.has_keras_api]
    assert names == expected


@pytest.mark.parametrize("network", [*plan.NETWORKS, "xor"])
def test_networks_have_the_weights_of_those_for_keras(network):
    plain_torch = pytest.importorskip("benchmarks.plain_torch", exc_type=ImportError)
    ours = networks.TIMED[network](minicnn)
    theirs = plain_torch.NETWORKS[network]()
    sizes = [sorted(p.numel() for p in theirs.parameters())]
    sizes.append(sorted(int(np.prod(w.shape)) for w in ours.trainable_weights))
    if network == "recurrent":
        sizes[0].remove(4 * 64)  # PyTorch's LSTM adds a second bias
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("library", PYTORCH)
@pytest.mark.parametrize("network", ["mlp", "residual", "mobile", "recurrent"])
def test_a_session_trains_and_predicts(network, library):
    plain_torch = pytest.importorskip("benchmarks.plain_torch", exc_type=ImportError)
    session = plain_torch.TorchSession(NAMED[library])
    for kind in ("training", "prediction"):
        session.release()
        assert session.prepare(kind, network=network, batch=4, images=10)["microseconds"] > 0
    assert "torch" in session.about()["versions"]


@pytest.mark.parametrize("subject", plan.SMALL)
def test_a_session_runs_all_small_work(subject):
    plain_torch = pytest.importorskip("benchmarks.plain_torch", exc_type=ImportError)
    session = plain_torch.TorchSession(NAMED["PyTorch"])
    kind, _, settings = plan.SMALL[subject]
    assert session.prepare(kind, times=2, **settings)["microseconds"] > 0
    assert session.tasks[""]() == 2


def test_pytorch_learns_xor(monkeypatch):
    plain_torch = pytest.importorskip("benchmarks.plain_torch", exc_type=ImportError)
    made = []
    write = plain_torch.xor
    monkeypatch.setattr(plain_torch, "xor", lambda: made.append(write()) or made[0])
    plain_torch.torch.manual_seed(0)
    plain_torch.TorchSession(NAMED["PyTorch"])._xor_epochs(1500)()
    x, y = map(plain_torch.torch.from_numpy, XOR)
    assert ((made[0](x) > 0) == y).all()


def test_pytorch_trains_what_it_is_given(monkeypatch):
    plain_torch = pytest.importorskip("benchmarks.plain_torch", exc_type=ImportError)
    session = plain_torch.TorchSession(NAMED["PyTorch-nhwc"])
    made = []
    write = plain_torch.NETWORKS["convnet"]
    monkeypatch.setitem(plain_torch.NETWORKS, "convnet", lambda: made.append(write()) or made[0])
    work = session._training("convnet", 8, 16)
    before = [p.detach().clone() for p in made[0].parameters()]
    assert work() == 16
    changed = [not (a == b).all() for a, b in zip(before, made[0].parameters(), strict=True)]
    assert all(changed)
