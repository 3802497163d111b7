"""Requests to a library's process, with tasks that end at once."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import pytest

from benchmarks import convolutions, plan, start, targets
from benchmarks.libraries import LIBRARIES, NAMED, OURS, Library
from benchmarks.session import XOR, Session, peak_memory
from benchmarks.worker import Failed, Worker, serve


def converse(session, *questions):
    answers = io.StringIO()
    serve([json.dumps(q) for q in questions], answers, session)
    return [json.loads(line) for line in answers.getvalue().splitlines()]


def test_requests_are_answered_in_turn_and_errors_are_answers():
    class Echo:
        def say(self, word):
            return {"said": word}

        def fail(self):
            raise ValueError("not today")

    first, error, second, unknown = converse(
        Echo(),
        {"do": "say", "word": "a"},
        {"do": "fail"},
        {"do": "say", "word": "µ"},
        {"do": "fly"},
    )
    assert (first, second) == ({"said": "a"}, {"said": "µ"})
    assert error == {"error": "ValueError: not today"}
    assert "fly" in unknown["error"]


@pytest.fixture(scope="module")
def worker():
    with Worker(NAMED[OURS]) as worker:
        yield worker


def test_a_process_that_trains_and_predicts(worker):
    assert worker.call("about")["threads"] >= 1
    for kind in ("training", "prediction"):
        worker.call("release")
        worker.call("prepare", kind=kind, network="mlp", batch=8, images=20)
        assert worker.call("round")["microseconds"] > 0
    assert worker.call("memory")["megabytes"] > 20


def test_an_error_there_is_raised_here_and_the_process_goes_on(worker):
    with pytest.raises(Failed, match="minicnn: KeyError: 'no network'"):
        worker.call("prepare", kind="training", network="no network", batch=8, images=8)
    assert "versions" in worker.call("about")


def test_a_process_that_ends_is_reported_with_its_last_line():
    class Broken(Library):
        pass

    with (
        Worker(Broken("nobody", "minicnn")) as worker,
        pytest.raises(Failed, match=r"nobody: its process ended with 1\. KeyError: 'nobody'"),
    ):
        worker.call("about")


def test_several_tasks_at_once(worker):
    worker.call("release")
    shape = convolutions.Layer(6, 3, 4, batch=2)._asdict()
    names = worker.call("algorithms", **shape)["names"]
    assert "im2col" in names
    for way in convolutions.WAYS:
        for name in names:
            settings = {**shape, "algorithm": name, "way": way}
            worker.call("prepare", kind="convolution", name=name, **settings)
        for name in names:
            assert worker.call("round", name=name)["microseconds"] > 0


def test_only_algorithms_that_compute_a_layer_are_timed():
    names = convolutions.algorithms(convolutions.Layer(28, 32, 32))
    assert names[:2] == ["im2col", "direct"] and "winograd" in names and "auto" not in names
    assert "winograd" not in convolutions.algorithms(convolutions.Layer(28, 32, 32, stride=2))
    assert convolutions.algorithms(convolutions.Layer(14, 256, 256, kernel=1))[-1] == "auto"


@pytest.mark.parametrize("network, inputs", [("mlp", (28, 28, 1)), ("recurrent", (100, 16))])
def test_a_session_trains_what_it_says(network, inputs):
    session = Session(NAMED[OURS])
    model = session._model(network)
    assert (model.name, model.input_shape[1:]) == (network, inputs)
    assert session._training(network, 8, 20)() == 20
    assert session._prediction(network, 8, 24)() == 24


@pytest.fixture
def session(monkeypatch):
    """A session of minicnn that keeps the models that it makes in `made`."""
    session = Session(NAMED[OURS])
    session.made = []
    write = session._model
    monkeypatch.setattr(
        session, "_model", lambda *a, **k: session.made.append(write(*a, **k)) or session.made[-1]
    )
    return session


def test_an_epoch_of_the_smallest_network_is_one_step(session):
    work = session._xor_epochs(7)
    (model,) = session.made
    assert [w.shape for w in model.weights] == [(2, 16), (16,), (16, 1), (1,)]
    assert work() == 7 and model.optimizer.iterations == 7
    session._xor_epochs(1500)()
    assert ((session.made[1].predict(XOR[0], verbose=0) > 0.5) == XOR[1]).all()


def test_calls_are_as_many_as_are_counted(session, monkeypatch):
    work = session._calls("one_batch", 3, network="mlp", batch=4)
    assert work() == 3 and session.made[0].optimizer.iterations == 3
    work = session._calls("prediction", 5, network="mlp", batch=1, images=1)
    seen = []
    monkeypatch.setattr(session.made[1], "predict", lambda x, **_: seen.append(x.shape))
    assert work() == 5 and seen == [(1, 28, 28, 1)] * 5


def test_of_many_calls_all_the_time_counts(session, monkeypatch):
    session.library = NAMED["Keras-TF"]
    session.prepare("calls", of="prediction", times=2, network="mlp", batch=1, images=1)
    seconds = iter([0.0, 1.0, 2.0, 6.0])
    monkeypatch.setattr("benchmarks.session.time", SimpleNamespace(perf_counter=seconds.__next__))
    assert session.round() == {"microseconds": 3e6}


def test_the_recurrent_network_is_that_of_its_target():
    lstm, _, dense = Session(NAMED[OURS])._model("recurrent").layers
    assert (type(lstm).__name__, lstm.units, dense.units) == ("LSTM", 64, 10)
    assert plan.FULL.batches["recurrent"][0] == plan.QUICK.batches["recurrent"][0] == 32
    assert any(t.subject == "recurrent" and t.batch == 32 for t in targets.TARGETS)


def test_the_peak_of_memory_only_grows():
    before = peak_memory()
    block = bytearray(b"x" * 80_000_000)
    assert peak_memory() >= before + 20_000_000 or before > 80_000_000
    del block


def test_a_process_is_timed_until_it_is_done():
    assert 0 < start.run(NAMED[OURS], "import_it").seconds < 600
    with pytest.raises(Failed, match="minicnn: KeyError"):
        start.run(NAMED[OURS], "nothing")


def test_the_parts_of_a_process_end_with_its_lines(monkeypatch):
    seconds = iter([12.0, 13.5, 20.0, 21.0])
    monkeypatch.setattr(start.time, "perf_counter", lambda: next(seconds))
    lines = ["Epoch 1\n", '{"part": "import"}\n', '{"part": "data"}\n', '{"idle": 2.5}\n', "{}\n"]
    run = start._read(lines, 10.0)
    assert run.parts == {"import": 2.0, "data": 1.5, start.LAST: 4.0}
    assert run.result == {"idle": 2.5} and run.seconds == 7.5


@pytest.mark.parametrize("lines", [[], ["Epoch 1\n"], ['{"part": "import"}\n']])
def test_a_process_without_a_result_has_failed(lines):
    assert start._read(lines, 0.0).result == {"error": "its process ended early"}


def test_a_training_to_99_percent_tells_its_parts(monkeypatch, capsys):
    from minicnn.examples import small_convnet

    load = small_convnet.load
    monkeypatch.setattr(small_convnet, "load", lambda name: load(name, 300))
    monkeypatch.setattr(small_convnet, "EPOCHS", 2)
    monkeypatch.setattr(start, "ENOUGH", 0.0)
    stop = start._watch
    monkeypatch.setattr(start, "_watch", lambda keras: endless(stop(keras)))
    answer = start.accuracy(NAMED[OURS], 0)
    assert answer == {"epochs": 2, "idle": 0}
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["part"] for line in told] == [p for p in start.PARTS if p != start.LAST]


def endless(watch):
    """Trains all epochs, whatever the accuracy."""
    end = watch.on_epoch_end
    watch.on_epoch_end = lambda epoch, logs: end(epoch, {"val_accuracy": -1.0})
    return watch


def test_training_stops_at_99_percent_and_what_is_between_epochs_is_known(monkeypatch):
    import minicnn

    seconds = iter([10.0, 13.0, 20.0, 20.5])
    monkeypatch.setattr(start.time, "perf_counter", lambda: next(seconds))
    callback = start._watch(minicnn)
    callback.set_model(minicnn.Sequential([minicnn.layers.Dense(1)]))
    callback.on_train_batch_begin(0)
    callback.on_epoch_end(0, {"val_accuracy": 0.9899})
    assert not callback.model.stop_training
    callback.on_train_batch_begin(0)
    callback.on_train_batch_begin(1)
    assert callback.idle == 3
    callback.on_epoch_end(1, {"val_accuracy": 0.99})
    assert callback.model.stop_training
    callback.on_train_batch_begin(0)
    assert callback.idle == 3.5


def test_tensorflow_s_idle_end_is_not_counted(monkeypatch):
    seconds = iter([100.0, 102.0, 109.0])
    monkeypatch.setattr("benchmarks.session.time.perf_counter", lambda: next(seconds))
    session = Session(NAMED[OURS])
    session.library = NAMED["Keras-TF"]
    (callback,) = session._callbacks()

    def work():
        callback.on_epoch_end(0, {})
        return 4

    session.tasks[""] = work
    assert session.round() == {"microseconds": 0.5e6}
    session.tasks[""] = lambda: 1
    monkeypatch.setattr("benchmarks.session.time.perf_counter", iter([0.0, 3.0]).__next__)
    assert session.round() == {"microseconds": 3e6}


def test_each_library_gets_its_environment():
    with_backend = [library for library in LIBRARIES if library.backend]
    chosen = {each.name: each.environment().get("KERAS_BACKEND") for each in with_backend}
    assert chosen == {
        "Keras-TF": "tensorflow",
        "Keras-TF-jit": "tensorflow",
        "Keras-JAX": "jax",
        "Keras-torch": "torch",
    }
    assert LIBRARIES[0].name == OURS and LIBRARIES[0].installed()
    assert not Library("x", "no_such_module").installed()
