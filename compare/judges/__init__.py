"""The outside judges: each decides about quantities of cases without any code of minicnn.

- `definitions`: the mathematical definitions, in plain NumPy loops and float64.
- `relations`: real Keras, which computes a quantity in another way.
- `other_backends`: real Keras on the backends that are installed beside the chosen one.

Each gives an `Opinion`: what the quantities must be. `parity` holds the truth to it, and counts
which quantity was judged by whom.
"""
