"""Compares minicnn with real Keras, number by number. Run it as `python -m compare`.

Each command has a folder of its own. Several commands use `cases` (what is compared), `libraries`
(where it is computed), `cli` (tables and results), `errors` and `networks`.
"""
