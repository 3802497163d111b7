"""Machine code on disk: with damaged or missing files, programs compute the same without errors."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numba
import pytest

from minicnn.backend.numba.compiler import checked_files, compile_notice
from minicnn.backend.numba.compiler import compile as compilation

SOURCE = "def kernel(x):\n    return 2 * x + {}\n"
KEY = bytes(range(32))
posix = pytest.mark.skipif(sys.platform == "win32", reason="uses Unix files")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where machine code is kept."""
    folder = tmp_path / "kept"
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(folder))
    monkeypatch.setattr(compile_notice.NOTICE, "reported", True)  # errors only
    return folder


@pytest.fixture
def function(tmp_path):
    return function_of(tmp_path, 1)


def function_of(tmp_path, constant):
    file = tmp_path / "source.py"
    file.write_text(SOURCE.format(constant))
    spec = importlib.util.spec_from_file_location("minicnn.source", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules["minicnn.source"] = module  # where pickle looks for what is in it
    spec.loader.exec_module(module)
    return module.kernel


def start(function):
    """The kernel as a new program has it."""
    compile_notice.NOTICE.reported_cache_error = False
    return compilation.compiled(function)


def found(function):
    """What a new program computes, and how many kernels it finds on disk."""
    kernel = start(function)
    return kernel(4), kernel(0.25), sum(kernel.stats.cache_hits.values())


@pytest.fixture(scope="module", autouse=True)
def _no_source_left():
    yield
    sys.modules.pop("minicnn.source", None)


def files_of(folder):
    return sorted(path for path in folder.rglob("*") if not path.is_dir() or path.suffix)


def rewritten(change):
    return lambda path: path.write_bytes(bytes(change(bytearray(path.read_bytes()))))


def flipped(at):
    def change(content):
        content[int(at * (len(content) - 1))] ^= random.Random(at).randrange(1, 256)
        return content

    return rewritten(change)


def replaced_by(make):
    def damage(path):
        path.unlink()
        make(path)

    return damage


def full_folder(path):
    path.mkdir()
    (path / "something").write_text("")


HEADER = checked_files.HEADER.size
DAMAGES = {
    "empty": rewritten(lambda content: b""),
    "a byte": rewritten(lambda content: content[:1]),
    "half a header": rewritten(lambda content: content[: HEADER // 2]),
    "a header": rewritten(lambda content: content[:HEADER]),
    "half": rewritten(lambda content: content[: len(content) // 2]),
    "one short": rewritten(lambda content: content[:-1]),
    "appended": rewritten(lambda content: content + b"\0"),
    "doubled": rewritten(lambda content: content + content),
    "zeros": rewritten(lambda content: bytes(len(content))),
    "zeros behind the header": rewritten(
        lambda content: content[:HEADER] + bytes(len(content) - HEADER)
    ),
    "a pickle": rewritten(lambda content: content[HEADER:]),
    "text": rewritten(lambda content: b"gone\n"),
    **{f"flipped at {at}": flipped(at) for at in (0, 0.001, 0.01, 0.3, 0.5, 0.9, 0.99, 1)},
    "enormous": lambda path: os.truncate(path, 2**40),
    "symlink loop": replaced_by(lambda path: path.symlink_to(path.name)),
    "a pipe": replaced_by(os.mkfifo) if hasattr(os, "mkfifo") else None,
    "a device": replaced_by(lambda path: path.symlink_to("/dev/zero")),
}


@pytest.fixture(scope="module")
def compiled_once(tmp_path_factory):
    """A function, and a folder with its machine code."""
    place = tmp_path_factory.mktemp("once")
    function, kept = function_of(place, 1), place / "kept"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numba.config, "CACHE_DIR", str(kept))
        assert start(function)(4) == 9
    return function, kept


@posix
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_compiled_again(damage, folder, compiled_once, capsys):
    function, kept = compiled_once
    shutil.copytree(kept, folder)
    (path,) = files_of(folder)
    damage(path)
    for hits in (0, 1):
        kernel = start(function)
        assert kernel(4) == 9
        assert sum(kernel.stats.cache_hits.values()) == hits
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1 - hits
        assert all(f"the compiled kernel {path} is not used" in line for line in lines)
    assert files_of(folder) == [path]


@posix
@pytest.mark.parametrize("make", [Path.mkdir, full_folder], ids=["empty", "full"])
def test_a_folder_in_the_place_of_a_file(make, folder, function, capsys):
    found(function)
    path = files_of(folder)[0]
    replaced_by(make)(path)
    for _ in range(2):
        assert found(function) == (9, 1.5, 1)
        (line,) = capsys.readouterr().err.splitlines()
        assert str(path) in line and "remove it" in line
        assert not list(folder.rglob("*.tmp"))


@posix
@pytest.mark.skipif(os.name == "posix" and os.getuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_compiled_again(folder, function, capsys):
    found(function)
    files_of(folder)[0].chmod(0)
    assert found(function) == (9, 1.5, 1)
    assert "Permission denied" in capsys.readouterr().err
    assert found(function) == (9, 1.5, 2)


@posix
def test_a_missing_file_is_not_reported(folder, function, capsys):
    found(function)
    first, second = files_of(folder)
    first.unlink()
    replaced_by(lambda path: path.symlink_to("nowhere"))(second)
    assert found(function) == (9, 1.5, 0)
    assert found(function) == (9, 1.5, 2)
    assert capsys.readouterr().err == ""


def test_the_file_of_another_kernel_is_not_taken(folder, function, capsys):
    found(function)
    first, second = files_of(folder)
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    assert found(function) == (9, 1.5, 0)
    assert found(function) == (9, 1.5, 2)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("change", ["text", "numba", "llvmlite", "python", "processor"])
def test_code_of_other_versions_is_not_taken(change, folder, tmp_path, monkeypatch, capsys):
    from numba.core.codegen import CPUCodegen

    from minicnn.backend.numba.compiler import code_cache, source_digest

    assert found(function_of(tmp_path, 1)) == (9, 1.5, 0)
    constant = 1
    if change == "text":
        constant = 5
        for remembered in (
            source_digest.source_version,
            source_digest._digest,
            source_digest._imported,
        ):
            remembered.cache_clear()
    elif change == "processor":
        monkeypatch.setattr(CPUCodegen, "magic_tuple", lambda self: ("x86_64", "older", "-avx"))
    else:
        place = ["numba", "llvmlite", "python"].index(change)
        versions = list(code_cache.VERSIONS)
        versions[place] += "x"
        monkeypatch.setattr(code_cache, "VERSIONS", tuple(versions))
    results = (9, 1.5) if constant == 1 else (13, 5.5)
    assert found(function_of(tmp_path, constant)) == (*results, 0)
    assert found(function_of(tmp_path, constant)) == (*results, 2)
    # What is outdated is replaced, so that the folder does not grow with each version.
    assert len(files_of(folder)) == (4 if change == "processor" else 2)
    assert capsys.readouterr().err == ""


class Evil:
    ran = False

    def __reduce__(self):
        return setattr, (Evil, "ran", True)


@pytest.mark.parametrize("header", [True, False])
def test_what_was_not_written_here_is_not_unpickled(header, folder, function, capsys):
    found(function)
    for path in files_of(folder):
        path.write_bytes((path.read_bytes()[:HEADER] if header else b"") + pickle.dumps(Evil()))
    assert found(function) == (9, 1.5, 0)
    assert not Evil.ran


def test_a_whole_file_that_numba_cannot_take_is_compiled_again(folder, function, capsys):
    """As with a version of Numba that writes other things under the same number."""
    found(function)
    for path, content in zip(files_of(folder), (None, ("what", 1)), strict=True):
        _, key, *_ = checked_files.HEADER.unpack(path.read_bytes()[:HEADER])
        checked_files.write(path, key, pickle.dumps(content))
    assert found(function) == (9, 1.5, 0)
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert found(function) == (9, 1.5, 2)


@posix
def test_a_full_disk(folder, function, capsys):
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        results = found(function)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert results == (9, 1.5, 0)
    (line,) = capsys.readouterr().err.splitlines()
    assert "cannot be written (File too large)" in line
    assert not files_of(folder)
    assert found(function) == (9, 1.5, 0)
    assert found(function) == (9, 1.5, 2)


@posix
@pytest.mark.parametrize("make", [None, Path.touch, lambda path: path.symlink_to("nowhere")])
def test_the_folder_vanishes_while_the_program_runs(make, folder, function, capsys):
    kernel = start(function)
    assert kernel(4) == 9
    place = next(folder.iterdir())
    place.rename(folder / "elsewhere")
    if make is not None:
        make(place)
    assert kernel(0.25) == 1.5
    assert len(capsys.readouterr().err.splitlines()) == (make is not None)


@posix
@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("nowhere")])
def test_a_cache_folder_that_cannot_be_made(make, folder, function, capsys):
    """Numba then has other places: beside the source, or the user's folder."""
    make(folder)
    assert found(function) == (9, 1.5, 0)
    assert found(function) == (9, 1.5, 2)
    assert capsys.readouterr().err == ""


def test_the_line_is_logged_where_nothing_is_to_be_printed(folder, function, capsys, caplog):
    from minicnn import config

    found(function)
    for path in files_of(folder):
        path.write_bytes(b"")
    config.disable_interactive_logging()
    try:
        assert found(function) == (9, 1.5, 0)
    finally:
        config.enable_interactive_logging()
    assert len(caplog.messages) == 1
    assert capsys.readouterr().err == ""


def _write_often(path, number):
    for i in range(200):
        checked_files.write(path, KEY, bytes([number]) * (1000 * number + i))


@posix
def test_processes_that_write_the_same_file(tmp_path):
    """Whoever reads finds the content of one of them, whole."""
    path = tmp_path / "file"
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write_often, args=(path, i)) for i in (1, 2, 3)]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        content = checked_files.read(path, KEY)
        if content is not None:
            assert content == content[:1] * len(content)
            seen |= {content[0]}
    assert {writer.exitcode for writer in writers} == {0}
    assert seen
    assert files_of(tmp_path) == [path]


@posix
def test_a_kill_while_writing(tmp_path):
    path = tmp_path / "file"
    program = (
        "import sys, pathlib; from minicnn.backend.numba.compiler import checked_files as w\n"
        "print('begun', flush=True)\n"
        "while True: w.write(pathlib.Path(sys.argv[1]), bytes(range(32)), bytes(10_000_000))"
    )
    for pause in (0.001, 0.004, 0.013):
        with subprocess.Popen([sys.executable, "-c", program, path], stdout=-1) as process:
            assert process.stdout.readline() == b"begun\n"
            time.sleep(pause)
            process.send_signal(signal.SIGKILL)
        assert checked_files.read(path, KEY) in (None, bytes(10_000_000))
    (tmp_path / "file.1-1.tmp").touch()
    (tmp_path / "another.1-1.tmp").touch()
    for temporary in tmp_path.glob("*.tmp"):
        os.utime(temporary, (1, 1))
    checked_files.write(path, KEY, b"new")
    assert files_of(tmp_path) == [tmp_path / "another.1-1.tmp", path]
