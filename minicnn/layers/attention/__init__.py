"""Layers whose outputs are means of values, weighted by how well a query fits each key."""

from minicnn.layers.attention.additive_attention import AdditiveAttention
from minicnn.layers.attention.attention import Attention
from minicnn.layers.attention.multi_head_attention import MultiHeadAttention
