"""What the Learn pages are made of: docstrings, source lines, small examples, measured errors.

`topics.py` is the table of pages. A layer, loss or optimizer without a row of its own has a page,
too, made of its docstring and of arguments that are guessed from their names.
"""
