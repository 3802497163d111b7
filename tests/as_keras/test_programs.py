"""Programs of public kinds that train with TensorFlow's names, run unchanged."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("clipped_regression", "loss "),
        ("gradient_penalty", "d_loss: "),
        ("style_of_an_image", "loss fell"),
        ("variational_autoencoder", "kl_loss: "),
    ],
)
def test_a_program_runs_to_its_end(name, shown, tmp_path):
    command = [sys.executable, "-m", "minicnn", "run", str(PROGRAMS / f"{name}.py")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert shown in done.stdout
