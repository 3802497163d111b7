"""Basic layers: dense, embedding, input, masking, and layers made from a function or a layer."""

from minicnn.layers.core.dense import Dense
from minicnn.layers.core.einsum_dense import EinsumDense
from minicnn.layers.core.embedding import Embedding
from minicnn.layers.core.identity import Identity
from minicnn.layers.core.input_layer import Input, InputLayer
from minicnn.layers.core.lambda_layer import Lambda
from minicnn.layers.core.masking import Masking
from minicnn.layers.core.wrapper import Wrapper
