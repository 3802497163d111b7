"""Lists where minicnn has the names that Keras's tests import from `keras` and `keras.src`.

A name `keras.src.a.b.NAME` is searched in `minicnn.a.b`, then in `minicnn.a`, then in the modules
of these tables. The tables list only names that are elsewhere in minicnn.
"""

from __future__ import annotations

# Modules of Keras, and the modules of minicnn with their names. The first that has a name is used.
MODULES: dict[str, tuple[str, ...]] = {
    "keras.src": ("minicnn", "minicnn.layers", "minicnn.models"),
    "keras.src.backend": (
        "minicnn.backend",
        "minicnn.config",
        "minicnn.common.dtypes",
        "minicnn.ops",
        "minicnn.autodiff",
        "minicnn.random",
        "minicnn.common.naming",
        "minicnn.common.shapes",
        "minicnn.trainers",
        "minicnn",
    ),
    "keras.src.backend.common": (
        "minicnn.common.dtypes",
        "minicnn.backend",
        "minicnn.common.naming",
    ),
    "keras.src.backend.common.backend_utils": ("minicnn.ops.nn",),
    "keras.src.backend.common.dtypes": ("minicnn.common.dtypes",),
    "keras.src.backend.common.global_state": ("minicnn.common.session",),
    "keras.src.backend.common.keras_tensor": ("minicnn.ops.symbolic.keras_tensor",),
    "keras.src.backend.common.masking": ("minicnn.layers.base.masks",),
    "keras.src.backend.common.symbolic_scope": ("minicnn.ops.symbolic.outlining",),
    "keras.src.backend.common.variables": (
        "minicnn.autodiff.variable",
        "minicnn.autodiff",
        "minicnn.common.shapes",
        "minicnn.common.dtypes",
    ),
    "keras.src.backend.config": ("minicnn.config",),
    "keras.src.backend.core": ("minicnn.ops",),
    "keras.src.backend.image": ("minicnn.ops.image",),
    "keras.src.backend.linalg": ("minicnn.ops.linalg",),
    "keras.src.backend.math": ("minicnn.ops",),
    "keras.src.backend.nn": ("minicnn.ops",),
    "keras.src.backend.numpy": ("minicnn.ops",),
    "keras.src.backend.random": ("minicnn.random",),
    "keras.src.dtype_policies": ("minicnn.dtype_policies",),
    "keras.src.layers": ("minicnn.layers", "minicnn"),
    "keras.src.losses.loss": ("minicnn.losses.loss", "minicnn.losses"),
    "keras.src.metrics.metrics_utils": ("minicnn.metrics.auc", "minicnn.metrics"),
    "keras.src.models": ("minicnn.models", "minicnn.models.functional", "minicnn"),
    "keras.src.ops": ("minicnn.ops", "minicnn.ops.numpy", "minicnn.ops.core", "minicnn.ops.nn"),
    "keras.src.ops.node": ("minicnn.ops.symbolic.node",),
    "keras.src.ops.operation_utils": ("minicnn.ops", "minicnn.ops.nn", "minicnn.common.shapes"),
    "keras.src.ops.symbolic_arguments": ("minicnn.ops.symbolic.node",),
    "keras.src.random.seed_generator": ("minicnn.autodiff.seed_generator", "minicnn.random"),
    "keras.src.regularizers.regularizers": ("minicnn.regularizers",),
    "keras.src.saving": ("minicnn.saving", "minicnn.serialization", "minicnn.utils"),
    "keras.src.saving.object_registration": ("minicnn.serialization.object_registration",),
    "keras.src.saving.serialization_lib": ("minicnn.serialization.serialization_lib",),
    "keras.src.trainers.compile_utils": (
        "minicnn.trainers.compile_utils.compile_loss",
        "minicnn.trainers.compile_utils.compile_metrics",
    ),
    "keras.src.tree": ("minicnn.tree",),
    "keras.src.utils": ("minicnn.utils", "minicnn.config", "minicnn.saving", "minicnn.backend"),
    "keras.src.utils.argument_validation": ("minicnn.common.window_arguments",),
    "keras.src.utils.dataset_utils": ("minicnn.data.splitting",),
    "keras.src.utils.image_utils": ("minicnn.preprocessing.image",),
    "keras.src.utils.io_utils": ("minicnn.common.printing",),
    "keras.src.utils.naming": ("minicnn.common.naming",),
    "keras.src.utils.python_utils": ("minicnn.common.python_utils",),
    "keras.src.utils.sequence_utils": ("minicnn.preprocessing.sequence",),
    "keras.src.utils.summary_utils": ("minicnn.models.summary", "minicnn.common.printing"),
    "keras.src.utils.traceback_utils": ("minicnn.config",),
}

FUNCTIONS = "compare.conformance.backend_functions"
# Names that differ in minicnn, then values that tests read from backends.
NAMES: dict[str, str] = {
    "keras.src.backend.compute_output_spec": "minicnn.ops.symbolic.outlining:outline",
    "keras.src.backend.common.symbolic_scope.in_symbolic_scope": (
        "minicnn.ops.symbolic.outlining:is_outlining"
    ),
    "keras.src.backend.common.get_keras_mask": f"{FUNCTIONS}:get_keras_mask",
    "keras.src.backend.get_keras_mask": f"{FUNCTIONS}:get_keras_mask",
    "keras.src.backend.common.masking.get_keras_mask": f"{FUNCTIONS}:get_keras_mask",
    "keras.src.backend.set_keras_mask": f"{FUNCTIONS}:set_keras_mask",
    "keras.src.backend.common.masking.set_keras_mask": f"{FUNCTIONS}:set_keras_mask",
    "keras.src.layers.rnn.conv_lstm.ConvLSTM": f"{FUNCTIONS}:conv_lstm",
    **{
        f"keras.src.ops.{name}": f"{FUNCTIONS}:{name.partition('.')[2]}"
        for name in (
            "numpy.shape_equal",
            "numpy.broadcast_shapes",
            "operation_utils.broadcast_shapes",
            "operation_utils.reduce_shape",
            "operation_utils.compute_expand_dims_output_shape",
        )
    },
    "keras.src.backend.random_seed_dtype": f"{FUNCTIONS}:random_seed_dtype",
    "keras.src.utils.module_utils.tensorflow": f"{FUNCTIONS}:tensorflow",
    "keras.src.utils.removesuffix": f"{FUNCTIONS}:removesuffix",
    "keras.src.saving.saving_lib._CONFIG_FILENAME": "minicnn.saving.archive:CONFIG",
    "keras.src.saving.saving_lib._METADATA_FILENAME": "minicnn.saving.archive:METADATA",
    "keras.src.backend.numpy.trainer.NumpyTrainer": "minicnn.trainers.trainer:Trainer",
}
VALUES: dict[str, object] = {
    "SUPPORTS_SPARSE_TENSORS": False,
    "SUPPORTS_RAGGED_TENSORS": False,
    "SUPPORTS_COMPLEX_DTYPES": True,
    "IS_THREAD_SAFE": True,
}

# Files and tests that choose by the backend's name and know Keras's own backends only: the name
# that they are given.
BACKEND_OF_FILE = {"trainers/trainer_test.py": "numpy"}
BACKEND_OF_TEST = {"TestTrainer::test_fit_with_data_adapter_py_dataset": "jax"}

# Packages that some tests compare with. If one is not installed, tests that use it are skipped.
OPTIONAL = (
    "grain",
    "jax",
    "torch",
    "pandas",
    "onnx",
    "onnxruntime",
    "sklearn",
    "orbax",
    "tensorflow",
    "openvino",
    "tensorboard",
    "tensorflow_datasets",
)
