"""Machine code is stored on disk where possible, and programs run also where it is not."""

from __future__ import annotations

import io
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numba.core.errors import TypingError

import minicnn
from minicnn import config
from minicnn.backend.numba.compiler import compile as compilation
from minicnn.backend.numba.compiler import compile_notice, source_digest

PROGRAM = (
    "import numpy as np; from minicnn.backend import kernels;"
    "assert kernels.relu(np.array([-1., 2.])).tolist() == [0, 2];"
    "from minicnn.backend.numba.activations import _relu; import numba;"
    "assert not numba.config.CACHE_DIR;"
    "stats = _relu.stats;"
    "print(type(_relu._cache).__name__, stats.cache_path, sum(stats.cache_hits.values()))"
)


@pytest.fixture
def installed(tmp_path):
    """A copy of the package, without stored machine code."""
    package = tmp_path / "site" / "minicnn"
    ignored = shutil.ignore_patterns("__pycache__", "*.npz", "*.gz")
    shutil.copytree(Path(minicnn.__file__).parent, package, ignore=ignored)
    return package.parent


@pytest.fixture
def installed_read_only(installed):
    """A copy of the package in a folder that Numba cannot write beside."""
    # A file where Numba would make its folder stops even the superuser.
    (installed / "minicnn" / "backend" / "numba" / "__pycache__").write_text("")
    return installed


def run(site, tmp_path, temporary):
    return run_program(PROGRAM, site, tmp_path, temporary).stdout.split()


def run_program(program, site, tmp_path, temporary):
    environment = {
        **{name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"},
        "PYTHONPATH": str(site),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MINICNN_BACKEND": "numba",
        "HOME": "/dev/null",
        "XDG_CACHE_HOME": "/dev/null",
        "TMPDIR": str(temporary),
    }
    return subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="uses Unix paths")
def test_a_read_only_machine_gets_a_private_temporary_folder(installed_read_only, tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    _, folder, hits = run(installed_read_only, tmp_path, temporary)
    assert hits == "0"
    private = Path(folder).parent
    assert private.parent == temporary
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert list(private.rglob("*.nbc"))
    assert run(installed_read_only, tmp_path, temporary)[2] == "1"


@pytest.mark.skipif(sys.platform == "win32", reason="uses Unix paths")
def test_a_folder_that_others_can_write_is_not_trusted(installed_read_only, tmp_path):
    temporary = tmp_path / "temporary"
    folder = temporary / f"minicnn-{os.getuid()}"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    assert run(installed_read_only, tmp_path, temporary) == ["NullCache", "None", "0"]
    assert not list(folder.iterdir())


def test_kernels_follow_the_text_of_the_files_they_depend_on(installed, tmp_path):
    folder = installed / "minicnn" / "backend" / "numba"
    other, file = folder / "other.py", folder / "file.py"
    head = "from minicnn.backend.numba.compiler.compile import compiled, part\n"
    other.write_text(head + "@part\ndef times(x):\n    return 2 * x\n")
    file.write_text(
        head + "from minicnn.backend.numba.other import (\n    times,\n)\n"
        "@compiled\ndef kernel(x):\n    return times(x)\n"
    )
    program = (
        "from minicnn.backend.numba.file import kernel;"
        "print(kernel(7), sum(kernel.stats.cache_hits.values()))"
    )

    def found():
        return run_program(program, installed, tmp_path, tmp_path).stdout.split()

    assert found() == ["14", "0"]
    os.utime(file, (1, 1))
    assert found() == ["14", "1"]
    before = other.stat()
    other.write_text(other.read_text().replace("2", "3"))
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert found() == ["21", "0"]
    assert found() == ["21", "1"]


def test_a_text_that_changes_before_the_first_call_is_not_what_was_compiled(installed, tmp_path):
    file = installed / "minicnn" / "backend" / "numba" / "file.py"
    head = "from minicnn.backend.numba.compiler.compile import compiled\n"
    file.write_text(head + "@compiled\ndef kernel(x):\n    return 2 * x\n")
    change = f"import pathlib; pathlib.Path({str(file)!r}).write_text({file.read_text()!r}.replace"
    program = "from minicnn.backend.numba.file import kernel\n{}\nprint(kernel(7))"
    during, after = (
        run_program(program.format(then), installed, tmp_path, tmp_path).stdout.strip()
        for then in (f"{change}('2 *', '3 *'))", "")
    )
    assert (during, after) == ("14", "21")


ALLOCATING = """
import numpy as np
from minicnn.backend.numba.compiler.compile import compiled, part

@part
def zeros(length):
    return np.zeros(length)

@compiled
def kernel(length):
    if length == 13:
        raise ValueError("no luck with", length)
    x = zeros(length)
    x += length
    return x
"""

WITHOUT_COMPILER = """
import sys
from minicnn.backend.numba.file import kernel

print(kernel(3).tolist())
for length in (13, -1):
    try:
        kernel(length)
    except ValueError as error:
        print(*error.args)
print(sum(kernel.stats.cache_hits.values()), "numba.np.arrayobj" in sys.modules)
"""


def test_a_kept_kernel_works_without_the_compiler(installed, tmp_path):
    (installed / "minicnn" / "backend" / "numba" / "file.py").write_text(ALLOCATING)
    first, second = (
        run_program(WITHOUT_COMPILER, installed, tmp_path, tmp_path).stdout.splitlines()
        for _ in range(2)
    )
    assert first[:3] == ["[3.0, 3.0, 3.0]", "no luck with 13", "negative dimensions not allowed"]
    assert second[:3] == first[:3]
    assert (first[3], second[3]) == ("0 True", "1 False")


@compilation.part
def _power(base, exponent):
    return base**2 if exponent == 2 else base * _times(base, exponent - 1)


@compilation.part
def _times(base, count):
    return base * count


@compilation.compiled
def _two_calls(x):
    return _power(x, 2), _power(x, 3), _power(x, x)


def test_parts_are_compiled_with_the_kernels_that_call_them():
    kept = len(_power.overloads)
    assert _power(3.0, 2) == 9.0
    assert len(_power.overloads) == kept == 0
    assert _two_calls(4) == (16, 32, 48)
    assert len(_power.overloads) <= 1  # 2 and 3 are no types of their own; none if it was kept
    assert _two_calls(4.0) == (16.0, 32.0, 48.0)


@compilation.compiled
def _calls_a_kernel(x):
    return _two_calls(x)


def test_a_kernel_that_calls_a_kernel_is_told_about_parts():
    with pytest.raises(TypingError, match=r"_two_calls is called by a kernel.*@part"):
        _calls_a_kernel(4)


def test_the_source_of_a_kernel_is_all_that_it_imports_of_the_backends():
    found = source_digest._imported(source_digest.BACKEND / "numba" / "pool.py")
    names = {str(file.relative_to(source_digest.BACKEND)) for file in found}
    assert {"numba/max_pool_2x2.py", "numba/compiler/compile.py", "numpy/pool.py"} <= names
    assert "numba/random.py" not in names


class Screen(io.StringIO):
    """Standard error as a terminal."""

    def isatty(self):
        return True


def compile_something(notice, seconds=0.0, kept="folder", module="minicnn.backend"):
    """Send a notice the events of a kernel that is compiled, and of another inside it."""
    kernel = SimpleNamespace(
        py_func=SimpleNamespace(__module__=module), stats=SimpleNamespace(cache_path=kept)
    )
    happening = SimpleNamespace(data={"dispatcher": kernel})
    notice.on_start(happening)
    notice.on_start(happening)
    notice.on_end(happening)
    notice.start -= seconds
    notice.on_end(happening)


def test_a_terminal_shows_a_line_that_vanishes(monkeypatch):
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    shown = compile_notice.Notice()
    compile_something(shown, seconds=3)
    compile_something(shown)
    lines = screen.getvalue().split("\r\033[K")
    assert lines[1::2] == [
        compile_notice.COUNTING.format(1, 0),
        compile_notice.COUNTING.format(2, 3),
    ]
    assert lines[0::2] == ["", "", ""]


@pytest.mark.parametrize(
    "kept, line", [("folder", compile_notice.CACHED), (None, compile_notice.NOT_CACHED)]
)
def test_elsewhere_one_line_once_it_takes_time(kept, line, capsys):
    shown = compile_notice.Notice()
    compile_something(shown, kept=kept)
    assert capsys.readouterr().err == ""
    compile_something(shown, seconds=2, kept=kept)
    compile_something(shown, kept=kept)
    compile_something(shown, kept=kept)
    assert capsys.readouterr().err == line + "\n"


def test_other_people_s_kernels_are_not_announced(capsys):
    shown = compile_notice.Notice()
    for _ in range(3):
        compile_something(shown, seconds=2, module="somebody.else")
    assert capsys.readouterr().err == ""


def test_without_interactive_logging_it_is_logged(capsys, caplog):
    config.disable_interactive_logging()
    try:
        with caplog.at_level("INFO", "minicnn"):
            compile_something(compile_notice.Notice())
    finally:
        config.enable_interactive_logging()
    assert caplog.messages == [compile_notice.CACHED]
    assert capsys.readouterr().err == ""


def test_what_counts_as_compilable():
    single, double = np.ones(2, "float32"), np.ones(2, "float64")
    assert compilation.same_float(single, single)
    assert compilation.same_float(double)
    assert not compilation.same_float(single, double)
    assert not compilation.same_float(np.ones(2, "float16"))
    assert not compilation.same_float(np.ones(2, int))
    assert not compilation.same_float(np.ones(2, ">f4"))
