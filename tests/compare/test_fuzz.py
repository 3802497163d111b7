"""Tests of `compare fuzz`: planted bugs are found and shrunk; the printed programs run."""

import contextlib
import dataclasses
import io
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import minicnn
from compare import script
from compare.cases import kinds
from compare.cases.case import Case, LibraryObject
from compare.cases.network import Event, Network, Step
from compare.cli.main import main
from compare.cli.outcome import CannotCompare
from compare.fuzz import layer_settings, network_verdict, program_text, search
from compare.fuzz.draw_network import networks
from compare.fuzz.event_settings import is_lost_by_keras
from compare.fuzz.network_verdict import DIFFERS, HOLDS, REJECTED, UNSTABLE, UNSUPPORTED
from compare.fuzz.themes import THEMES
from compare.fuzz.variants import USUAL, VARIANTS, Variant, configured
from compare.libraries import worker
from compare.libraries.minicnn import MiniCNN
from compare.mutants.planted import BUGS, switched_on
from minicnn import config

# A process whose "Keras" is minicnn, without the bug that is planted in this one.
START = (
    "import compare.libraries as l, compare.libraries.worker as w, sys;"
    "from compare.libraries.minicnn import MiniCNN;"
    "from minicnn import config; config.set_backend('numpy');"
    "l.keras_on = lambda b: MiniCNN(); w._serve(sys.argv[1])"
)
NARROW = [theme for theme in THEMES if not theme.is_wide]
PLAIN = Network(
    inputs=((3,),),
    steps=(Step("Dense", {"units": 2}),),
    output=(2,),
    batch=2,
    loss=LibraryObject("losses.MeanSquaredError"),
    labels="numbers",
    optimizer=LibraryObject("optimizers.SGD", {"learning_rate": 0.1}),
    rows=5,
    events=(Event("train", {"steps": 2}),),
)


@pytest.fixture
def minicnn_in_place_of_keras(monkeypatch):
    """Replaces Keras by minicnn in the process that `worker` starts."""
    config.set_backend("numpy")
    monkeypatch.setattr(worker, "check_installed", lambda backend: None)
    popen = worker.subprocess.Popen
    monkeypatch.setattr(
        worker.subprocess,
        "Popen",
        lambda command, **kw: popen([sys.executable, "-c", START, command[-1]], **kw),
    )


def printed(program: str, monkeypatch) -> dict:
    """The last line of JSON that a program prints when `keras` is minicnn."""
    monkeypatch.setitem(sys.modules, "keras", minicnn)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(program, "program", "exec"), {})
    return script.last_json(out.getvalue())


@pytest.mark.filterwarnings("ignore")
def test_a_planted_bug_is_found_and_shrunk_to_a_program_that_shows_it(
    minicnn_in_place_of_keras, monkeypatch
):
    (bug,) = [bug for bug in BUGS if bug.what == "the mask of relu is missing in the backward pass"]
    # Shrinking ends by itself, after some 30 networks: how fast the machine is does not matter.
    monkeypatch.setattr(search, "SHRINKING", float("inf"))
    monkeypatch.setattr(network_verdict, "VARIANTS", ())
    monkeypatch.setattr(network_verdict, "MORE_SEEDS", ())
    with (
        switched_on(bug),
        worker.open_worker(
            "tensorflow", "compare.fuzz.network_verdict:keras_results"
        ) as run_in_keras,
    ):
        short = (Event("train", {"steps": 1}),)
        likely = networks().filter(lambda network: "'relu'" in repr(network.steps))
        likely = likely.map(lambda network: dataclasses.replace(network, events=short))
        found = search.Search(
            lambda network: network_verdict.examine(network, run_in_keras), strategies=[likely]
        )
        found.run(examples=20, seed=5)
        assert found.failure is not None
        quantity = found.failure.shown.quantity
        program = program_text.program(found.failure.network, quantity, "a title")
        wrong = np.array(printed(program, monkeypatch)[quantity])
    right = np.array(printed(program, monkeypatch)[quantity])
    assert np.abs(wrong - right).max() > 1e-4 * np.abs(right).max()
    assert len(found.failure.network.steps) <= 3
    assert len(program.splitlines()) < 45


@pytest.mark.parametrize("theme", NARROW, ids=lambda theme: theme.name)
@pytest.mark.filterwarnings("ignore")
def test_programs_print_the_compared_quantities(theme, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with configured(Variant("", True, {"backend": "numpy"})):
        network = first_network(theme, seed=1)
        found = kinds.run(MiniCNN(), Case("networks", "network", settings={"network": network}))
        last = {}
        for quantity in found:  # one of each sort
            last[re.sub(r"weight \d+ \w+|(?<=step )\d+", "", quantity)] = quantity
        for quantity in last.values():
            program = program_text.program(network, quantity, "x")
            value = printed(program, monkeypatch)[quantity]
            if isinstance(found[quantity], str):
                assert value == found[quantity]
                continue
            np.testing.assert_allclose(
                np.array(value, "float32"), found[quantity], 1e-6, 1e-9, err_msg=quantity
            )


def first_network(theme, seed, wanted=lambda network: True):
    """A drawn network of a theme."""
    found = search.Search(
        lambda network: network_verdict.Verdict(network, HOLDS, []),
        strategies=[networks(theme).filter(wanted)],
    )
    found.run(examples=1, seed=seed)
    return found.verdicts[0].network


def test_the_same_seed_draws_the_same_networks():
    def drawn(seed):
        found = search.Search(lambda network: network_verdict.Verdict(network, HOLDS, []))
        found.run(examples=8, seed=seed)
        return [v.network for v in found.verdicts]

    first = drawn(3)
    assert drawn(3) == first != drawn(4)
    assert len(first) == 8


def test_a_block_has_one_network_of_each_theme():
    drawn = search.drawn(len(THEMES), seed=8)
    assert [network.theme for network in drawn] == [theme.name for theme in THEMES]
    must = {theme.name: theme.must for theme in THEMES}
    for network in drawn:
        events = [event.name for event in network.events]
        assert events.count("fit") >= 1 + (network.batch < 64) and "evaluate" in events
        assert network.rows > 2 * network.batch
        assert ("save" in events) >= (
            "save" in must[network.theme] and not is_lost_by_keras(network.optimizer, network.loss)
        )


def test_drawn_networks_reach_large_batches_and_odd_channels():
    drawn = search.drawn(3 * len(THEMES), seed=9)
    wide = [network for network in drawn if network.batch >= 64]
    assert len(wide) >= 12
    channels = {shape[-1] for network in wide for shape in network.inputs}
    assert max(channels) > 40 and any(c % 2 for c in channels)
    images = [s for n in drawn if n.theme == "images" for shape in n.inputs for s in shape]
    assert max(images) > 20
    assert "channels_first" in repr(drawn) and "class_weight" in repr(drawn)


FAMILIES = "activations convolutional core merging normalization pooling reshaping".split()
NEVER_DRAWN = {"Dot", "InputLayer", "Lambda", "Wrapper"}


def test_every_layer_without_random_numbers_may_be_drawn():
    names = {
        kind.name.format(n=rank - 1) for kind in layer_settings.ONE_INPUT for rank in kind.ranks
    }
    names |= {*layer_settings.ELEMENTWISE_MERGES, "Concatenate", "Embedding", "Masking"}
    layers = [
        thing
        for thing in vars(minicnn.layers).values()
        if isinstance(thing, type) and issubclass(thing, minicnn.layers.Layer)
    ]
    wanted = {c.__name__ for c in layers if c.__module__.split(".")[2] in FAMILIES}
    assert names <= {c.__name__ for c in layers}
    assert wanted - names - NEVER_DRAWN == set()


def test_nothing_is_left_in_the_users_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = search.Search(lambda network: network_verdict.Verdict(network, HOLDS, []))
    found.run(examples=5, seed=1)
    assert list(tmp_path.iterdir()) == []


def test_a_crash_of_keras_is_reported_with_the_network():
    def crash(network):
        raise CannotCompare("It crashed.")

    with pytest.raises(CannotCompare, match=r"It crashed\. The network: \w+"):
        search.Search(crash).run(examples=5, seed=1)


def _examined(keras):
    config.set_backend("numpy")
    answers = iter(keras)
    return network_verdict.examine(PLAIN, lambda case: next(answers))


def test_verdicts(monkeypatch):
    config.set_backend("numpy")
    monkeypatch.setattr(network_verdict, "MORE_SEEDS", range(3, 5))
    case = Case("networks", "network", settings={"network": PLAIN})
    right = kinds.run(MiniCNN(), case)
    wrong = {**right, "output": right["output"] + 1e-3}
    assert _examined([right]).what == HOLDS
    assert _examined([wrong, wrong]).what == DIFFERS
    assert _examined([wrong, right]).what == UNSTABLE
    assert _examined(["ValueError: no"]).what == DIFFERS
    assert _examined(["UnimplementedError: no"]).what == UNSUPPORTED
    assert _examined([wrong, wrong]).shown.quantity == "output"


RANDOM = {
    "Dropout": {"rate": 0.5},
    "SpatialDropout1D": {"rate": 0.5},
    "GaussianNoise": {"stddev": 1.0},
    "GaussianDropout": {"rate": 0.5},
    "AlphaDropout": {"rate": 0.5},
}


@pytest.mark.parametrize("layer", RANDOM)
def test_every_way_of_computing_draws_the_same_random_numbers(layer):
    """A layer's noise is not compared with Keras's, but between the ways, to the last bit."""
    names = ("Conv1D", {"filters": 4, "kernel_size": 1}), (layer, RANDOM[layer])
    names += ("Flatten", {}), ("Dense", {"units": 2})
    steps = tuple(Step(name, settings, (i,)) for i, (name, settings) in enumerate(names))
    network = dataclasses.replace(PLAIN, inputs=((6, 3),), steps=steps)
    case = Case("networks", "network", settings={"network": network})
    usual = network_verdict._ours(case, USUAL)
    assert "output in training" in usual
    for variant in (v for v in VARIANTS if v.exact):
        result = network_verdict._ours(case, variant)
        for name, value in usual.items():
            np.testing.assert_array_equal(result[name], value, f"{name}, {variant.name}")


@pytest.mark.filterwarnings("ignore")
def test_rounding_of_a_zero_gradient_is_no_difference(monkeypatch):
    config.set_backend("numpy")
    monkeypatch.setattr(network_verdict, "MORE_SEEDS", range(3, 5))
    alone = Step("Dense", {"units": 1, "activation": "softmax"})
    network = Network(**{**vars(PLAIN), "steps": (alone,), "output": (1,)})
    right = kinds.run(MiniCNN(), Case("networks", "n", settings={"network": network}))
    gradient = "gradient to input 0"
    assert not right[gradient].any()
    for left, what in ((1e-8, HOLDS), (1e-3, DIFFERS)):
        keras = {**right, gradient: right[gradient] + np.float32(left)}
        assert network_verdict.examine(network, lambda case, keras=keras: keras).what == what


def test_a_network_that_both_reject_is_no_difference():
    broken = PLAIN.__class__(**{**vars(PLAIN), "steps": (Step("Dense", {"units": -1}),)})
    assert network_verdict.examine(broken, lambda case: "ValueError: no").what == REJECTED


def test_the_command(minicnn_in_place_of_keras, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(search, "THEMES", NARROW)
    monkeypatch.setattr(network_verdict, "VARIANTS", network_verdict.VARIANTS[:1])
    results, program = tmp_path / "fuzz.json", tmp_path / "failure.py"
    arguments = ["fuzz", "--examples", "3", "--seed", "1", "--json", str(results)]
    assert main([*arguments, "--program", str(program)]) == 0
    saved = json.loads(results.read_text())
    assert saved["summary"]["networks"] == 3
    assert saved["results"][0]["program"].startswith('"""')
    assert not program.exists()
    printed = capsys.readouterr().out
    assert "3 random networks (--seed 1) on tensorflow" in printed
    assert max(map(len, printed.splitlines())) <= 120
    begun = [line.split()[0] for line in printed.splitlines() if line.strip() and line[0] != " "]
    assert begun[:4] == "theme small steps masks".split()


@pytest.mark.slow
def test_with_real_keras(tmp_path, capsys, monkeypatch):
    pytest.importorskip("tensorflow")
    monkeypatch.chdir(tmp_path)
    assert main(["fuzz", "--examples", "5", "--seed", "2", "--json", "saved.json"]) == 0
    saved = json.loads(Path("saved.json").read_text())
    Path("program.py").write_text(saved["results"][0]["program"])
    assert main(["script", "program.py", "--within", "1e-4"]) == 0
