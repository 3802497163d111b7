"""Records the kernel calls of a step, and replays them instead of executing the step again.

- Recorded: the first steps on batches of one shape, which are executed normally. Each kernel call
  becomes a line of a program, with names for its arrays (`program.py`); so does the optimizer's
  `apply`, as one call (`autodiff/tracing.py` has the hooks that report these calls).
- Replayed: the program, from when two recordings are identical. Results are the same, bit for bit;
  those of metrics are computed when they are read (`replayed_step.py`).
- Kept: from epoch to epoch and from call to call, of `fit`, `evaluate`, `predict` and the methods
  for one batch (`remembered.py`). A copy of a model begins without any (`step_memory.py`).
- Given up: if anything that can be reached from the model changes (`reachable.py`), recording
  begins again. This is looked at whenever a loop begins, and before each of its steps, unless no
  other code can run between two steps: no callback has a method for batches, and the data are
  arrays. A model with a user's code in it is never recorded, as that may do anything.
- Off: `compile(run_eagerly=True)`, `config.set_replay(False)`, or `MINICNN_REPLAY=0`.
- Printed: `minicnn.trainers.step_as_text.step_as_text(model, x, y)`.
"""
