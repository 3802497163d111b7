"""What the Learn pages are made of: docstrings, source lines, small examples, measured errors.

`topics.py` is the table of pages. A layer, loss or optimizer without a row of its own has a page,
too, made of its docstring and of arguments that are guessed from their names. Of a docstring a page
takes:

- the text in front of `Args:` and the like: what the class does, in two sentences or more;
- the formulas in that text, between backquotes and with ` = ` or `←`. A paragraph that begins with
  one is shown as formulas with the words between them;
- `Backward: ...`, a paragraph of its own with the formulas of the gradients. x̄ is the gradient of
  the loss to x;
- the formulas of the classes that it extends, and of one that it names: `Formula: see X`;
- `Source: ...`, the paper.
"""
