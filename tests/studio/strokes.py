"""Turns pictures of digits into strokes, as a person would draw them: thinned, then followed."""

import numpy as np

NEIGHBOURS = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
"""Clockwise from the one above."""


def skeletons(pictures):
    """Lines one pixel wide in the middle of what is drawn, `(pictures, height, width)` of bool.

    Source: Zhang, Suen, "A fast parallel algorithm for thinning digital patterns", 1984.
    """
    ink = np.pad(np.asarray(pictures, bool), ((0, 0), (1, 1), (1, 1)))
    while True:
        before = ink
        for corners in (((0, 2, 4), (2, 4, 6)), ((0, 2, 6), (0, 4, 6))):
            around = np.stack([np.roll(ink, (-y, -x), (1, 2)) for y, x in NEIGHBOURS])
            count = around.sum(0)
            changes = (~around & np.roll(around, -1, 0)).sum(0)
            removed = ink & (count >= 2) & (count <= 6) & (changes == 1)
            for three in corners:
                removed &= ~around[list(three)].all(0)
            ink = ink & ~removed
        if (ink == before).all():
            return ink[:, 1:-1, 1:-1]


def strokes(skeleton):
    """Lines along a skeleton, as lists of (x, y) that together pass every pixel and joint."""
    pixels = {(int(y), int(x)) for y, x in np.argwhere(skeleton)}
    near = {p: [q for q in _around(p) if q in pixels] for p in pixels}
    used = set()
    found = []
    ends = sorted(pixels, key=lambda p: (len(near[p]) != 1, p))
    for start in ends:
        while True:
            line = [start]
            while True:
                following = [q for q in near[line[-1]] if frozenset((line[-1], q)) not in used]
                if not following:
                    break
                used.add(frozenset((line[-1], following[0])))
                line.append(following[0])
            if len(line) == 1 and (near[start] or start in {p for one in found for p in one}):
                break
            found.append(line)
            if len(line) == 1:
                break
    return [[(x + 0.5, y + 0.5) for y, x in line] for line in found]


def _around(pixel):
    """The eight neighbours, the straight ones first."""
    y, x = pixel
    return [(y + dy, x + dx) for dy, dx in NEIGHBOURS[::2] + NEIGHBOURS[1::2]]
