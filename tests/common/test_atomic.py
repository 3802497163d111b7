import errno
import os
import signal
import stat
import subprocess
import sys
import textwrap

import pytest

from minicnn.common.atomic import atomic_file, remove_abandoned, temporary_folder


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_new_file_replaces_the_old_one(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o640)
    with atomic_file(path) as file:
        file.write(b"new")
        assert path.read_text() == "old"
        assert len(names(tmp_path)) == 2
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_after_an_error_the_old_file_is_there_and_nothing_else(tmp_path, error):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(error), atomic_file(path) as file:
        file.write(b"half")
        raise error
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_link_is_written_through(tmp_path):
    (tmp_path / "there").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "there" / "file")
    with atomic_file(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert (tmp_path / "there" / "file").read_text() == "new"


def test_a_missing_folder_is_named(tmp_path):
    with (
        pytest.raises(FileNotFoundError, match=r"no folder .*nowhere. Make it first"),
        atomic_file(tmp_path / "nowhere" / "file"),
    ):
        pass


def test_a_folder_of_that_name_is_left_alone(tmp_path):
    (tmp_path / "file").mkdir()
    with pytest.raises(IsADirectoryError), atomic_file(tmp_path / "file"):
        pass


def left_by_a_killed_process(code):
    """Runs a program that opens something, and kills it when it says that it has."""
    program = f"import sys, time\nfrom minicnn.common.atomic import *\n{textwrap.dedent(code)}"
    program = program.replace("WAIT", "print(flush=True), time.sleep(60)")
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"\n"
    return process


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
@pytest.mark.parametrize("name", ["file", "file with\nlines", "ä" * 127, "x" * 255])
def test_what_a_killed_process_left_is_removed_by_the_next_save(tmp_path, name):
    path = tmp_path / name
    path.write_text("old")
    code = f"""
        with atomic_file({str(path)!r}) as file:
            file.write(b"half")
            WAIT
    """
    process = left_by_a_killed_process(code)
    living = left_by_a_killed_process(code)
    assert len(names(tmp_path)) == 3
    kill(process)
    assert path.read_text() == "old"
    with atomic_file(path) as file:
        file.write(b"new")
    assert path.read_text() == "new"
    assert len(names(tmp_path)) == 2  # what the living process writes is left alone
    kill(living)
    with atomic_file(path) as file:
        file.write(b"newer")
    assert names(tmp_path) == [name]


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_folders_of_killed_processes_are_removed(tmp_path):
    code = f"""
        with temporary_folder({str(tmp_path / "place")!r}) as folder:
            (folder / "file").write_text("half")
            WAIT
    """
    process, living = left_by_a_killed_process(code), left_by_a_killed_process(code)
    kill(process)
    with temporary_folder(tmp_path / "place") as folder:
        assert len(names(tmp_path)) == 2
        assert folder.is_dir()
    assert len(names(tmp_path)) == 1
    kill(living)
    remove_abandoned(tmp_path / "place")
    assert names(tmp_path) == []


def test_files_of_others_are_left_alone(tmp_path, monkeypatch):
    others = [".file.tmp", ".file.0123.tmp", ".file.elsewhere-01234567.tmp", ".other.x-1.tmp"]
    for name in others:
        (tmp_path / name).touch()
    with atomic_file(tmp_path / "file") as file:
        file.write(b"new")
    assert names(tmp_path) == sorted([*others, "file"])


def test_many_threads_and_processes_at_one_place(tmp_path):
    """Whoever is last, the file is a whole one, and nothing is left beside it."""
    path = tmp_path / "file"
    program = f"""
        import threading
        from minicnn.common.atomic import atomic_file, remove_abandoned, temporary_folder
        def write(i):
            for _ in range(25):
                with atomic_file({str(path)!r}) as file:
                    file.write(b"%d" % i * 10_000)
        threads = [threading.Thread(target=write, args=(i,)) for i in range(3)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    assert [process.communicate(timeout=100)[1] for process in processes] == [b"", b""]
    assert len(path.read_bytes()) == 10_000
    assert len(set(path.read_bytes())) == 1
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize(
    ("code", "kind", "advice"),
    [
        (errno.EACCES, PermissionError, "may not write to the folder"),
        (errno.ENOSPC, OSError, "Make room"),
        (errno.EMFILE, OSError, "another place"),
    ],
)
def test_errors_name_the_path_of_the_user(tmp_path, monkeypatch, code, kind, advice):
    real = os.open

    def failing(path, *arguments, **settings):
        if str(path).endswith(".tmp"):
            raise OSError(code, os.strerror(code), str(path))
        return real(path, *arguments, **settings)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "open", failing)
    with pytest.raises(kind) as caught, atomic_file("file"):
        pass
    assert f"Cannot save file: {os.strerror(code)}" in str(caught.value)
    assert advice in str(caught.value)
    assert ".tmp" not in str(caught.value)
    assert caught.value.errno == code


def test_errors_that_are_not_about_the_file_stay_as_they_are(tmp_path):
    for error in (FileNotFoundError(errno.ENOENT, "none", "elsewhere"), OSError("own")):
        with pytest.raises(OSError) as caught, atomic_file(tmp_path / "file"):
            raise error
        assert caught.value is error
