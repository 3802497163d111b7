"""Prints what a program sees of itself."""

import json
import os
import pickle
import sys

import beside_it


class Point:
    pass


if __name__ == "__main__":
    print(
        json.dumps(
            {
                "arguments": sys.argv,
                "file": __file__,
                "folder": os.getcwd(),
                "first_path": sys.path[0],
                "beside_it": beside_it.VALUE,
                "pickled": type(pickle.loads(pickle.dumps(Point()))).__name__,
                "main": sys.modules["__main__"].Point is Point,
            }
        )
    )
    sys.exit(int(sys.argv[1]))
