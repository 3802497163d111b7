"""What answers the messages of a page: a short file for each group of them.

`messages.py` lists them all. A function gets the page's state and the checked fields of the
message, and returns a dict of plain data and arrays.
"""
