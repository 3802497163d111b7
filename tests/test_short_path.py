"""How much code runs between a layer's call and its gradient: the short path stays short.

Whoever wants to understand a training step reads these files and no others. The ideas on the path,
twelve of them: layer, the arguments of a call, the context of a call, the check of an input,
variable, tensor, record, tape, declared operation, fused operation, kernel of a backend, window.
"""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import minicnn

ROOT = Path(minicnn.__file__).parent

PROGRAM = """
import json, sys
import numpy as np
import minicnn as keras
from minicnn import GradientTape, config, ops

config.set_backend("numpy")
layer, shape = {layer}, {shape}
x = ops.convert_to_tensor(np.random.default_rng(0).random(shape).astype("float32"))
layer(x)

def run():
    with GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    return tape.gradient(y, [x, *layer.trainable_weights])

entered = set()

def profile(frame, event, _):
    if event == "call":
        code = frame.f_code
        entered.add((code.co_filename, code.co_firstlineno, code.co_name))

run()
sys.setprofile(profile)
gradients = run()
sys.setprofile(None)
assert all(np.abs(g).max() > 0 for g in gradients)
print(json.dumps(sorted(entered)))
"""

BOUNDS = {
    "Conv2D": ("keras.layers.Conv2D(4, 3, activation='relu')", (2, 8, 8, 3), 20, 1800, 80),
    "Dense": ("keras.layers.Dense(4, activation='relu')", (2, 6), 20, 1700, 70),
}
"""A layer, the shape of its input, and at most how many files, lines of code and functions."""


def code_lines(path):
    """The lines that are neither empty nor comment nor docstring."""
    text = path.read_text()
    lines = {
        number
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.strip().startswith("#")
    }
    for node in ast.walk(ast.parse(text)):
        documented = isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        if documented and ast.get_docstring(node, clean=False) is not None:
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(lines)


@pytest.mark.parametrize("name", BOUNDS)
def test_the_short_path_is_short(name):
    layer, shape, most_files, most_lines, most_functions = BOUNDS[name]
    program = PROGRAM.format(layer=layer, shape=shape)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    functions = [e for e in json.loads(done.stdout) if Path(e[0]).is_relative_to(ROOT)]
    files = {Path(file) for file, _, _ in functions}
    lines = {file: code_lines(file) for file in files}
    for file in sorted(files):
        count = sum(Path(f) == file for f, _, _ in functions)
        print(f"{lines[file]:5} lines {count:3} functions  {file.relative_to(ROOT)}")
    total = sum(lines.values())
    print(f"{name}: {len(files)} files, {total} lines, {len(functions)} functions")
    assert 8 <= len(files) <= most_files
    assert total <= most_lines
    assert len(functions) <= most_functions
