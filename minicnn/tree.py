"""Nested structures (lists, tuples, dicts of leaves): flatten, map, rebuild.

A node is a list, tuple, namedtuple, deque, dict, OrderedDict or defaultdict, or an instance of a
registered class; everything else is a leaf, None and subclasses of the former included. The
entries of a dict are visited in the order of their sorted keys, those of an OrderedDict in their
own order.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

Path = tuple[Any, ...]


class MAP_TO_NONE:
    """Returned by a function given to `traverse` to replace a node by None."""


class _Kind(NamedTuple):
    """The functions that take nodes of one type apart and rebuild them."""

    keys: Callable[[Any], list]
    children: Callable[[Any], list]
    rebuild: Callable[[Any, list], Any]


def _indices(node) -> list:
    return list(range(len(node)))


def _sorted_keys(node: dict) -> list:
    try:
        return sorted(node)
    except TypeError:
        return sorted(node, key=lambda key: (type(key).__qualname__, key))


def _sorted_values(node: dict) -> list:
    return [node[key] for key in _sorted_keys(node)]


def _fill_dict(node: dict, children: list) -> dict:
    filled = dict.fromkeys(node)  # keeps the order in which the keys were written
    filled.update(zip(_sorted_keys(node), children, strict=True))
    return filled


_NAMEDTUPLE = _Kind(_indices, list, lambda node, children: type(node)(*children))
_KINDS = {
    list: _Kind(_indices, list, lambda node, children: children),
    tuple: _Kind(_indices, list, lambda node, children: tuple(children)),
    deque: _Kind(_indices, list, lambda node, children: deque(children, node.maxlen)),
    dict: _Kind(_sorted_keys, _sorted_values, _fill_dict),
    OrderedDict: _Kind(
        list,
        lambda node: list(node.values()),
        lambda node, children: OrderedDict(zip(node, children, strict=True)),
    ),
    defaultdict: _Kind(
        _sorted_keys,
        _sorted_values,
        lambda node, children: defaultdict(node.default_factory, _fill_dict(node, children)),
    ),
}
_DICTS = (dict, OrderedDict, defaultdict)


def _kind(thing: Any) -> _Kind | None:
    kind = _KINDS.get(type(thing))
    if kind is None and isinstance(thing, tuple) and hasattr(thing, "_fields"):
        return _NAMEDTUPLE
    return kind


_BUILT_IN: dict[type, type] = {}


def treat_alike(cls: type, builtin: type) -> None:
    """Makes instances of a class nodes that are treated like lists or dicts."""
    _KINDS[cls] = _KINDS[builtin]
    _BUILT_IN[cls] = builtin


def _node_type(node: Any) -> type:
    return _BUILT_IN.get(type(node), type(node))


def register_tree_node_class(cls: type) -> type:
    """Class decorator that makes the instances nodes.

    The class has `tree_flatten(self) -> (children, metadata)` or `(children, metadata, keys)`,
    and the classmethod `tree_unflatten(cls, metadata, children)`.
    """

    def keys(node) -> list:
        children, _, *keys = node.tree_flatten()
        return list(keys[0]) if keys else list(range(len(children)))

    _KINDS[cls] = _Kind(
        keys,
        lambda node: list(node.tree_flatten()[0]),
        lambda node, children: cls.tree_unflatten(node.tree_flatten()[1], children),
    )
    return cls


def is_nested(structure: Any) -> bool:
    """Whether this is a node rather than a leaf.

    >>> is_nested([1]), is_nested({}), is_nested("abc"), is_nested(None)
    (True, True, False, False)
    """
    return _kind(structure) is not None


def flatten(structure: Any) -> list:
    """All leaves, in order.

    >>> flatten({"b": [1, (2, 3)], "a": None})
    [None, 1, 2, 3]
    """
    leaves: list = []
    _collect(structure, leaves)
    return leaves


def _collect(structure: Any, leaves: list) -> None:
    kind = _kind(structure)
    if kind is None:
        leaves.append(structure)
        return
    for child in kind.children(structure):
        _collect(child, leaves)


def flatten_with_path(structure: Any) -> list[tuple[Path, Any]]:
    """All leaves, each with the keys and indices that lead to it.

    >>> flatten_with_path([{"foo": 42}])
    [((0, 'foo'), 42)]
    """
    kind = _kind(structure)
    if kind is None:
        return [((), structure)]
    return [
        ((key, *path), leaf)
        for key, child in zip(kind.keys(structure), kind.children(structure), strict=True)
        for path, leaf in flatten_with_path(child)
    ]


def map_structure(func: Callable, *structures: Any, none_is_leaf: bool = True) -> Any:
    """A structure like the first one, with each leaf replaced by `func` of the leaves there.

    With `none_is_leaf=False`, None stays None and `func` is not called on it.

    >>> map_structure(lambda a, b: a + b, {"x": [1, 2]}, {"x": [10, 20]})
    {'x': [11, 22]}
    """
    _check_callable(func)
    if not structures:
        raise ValueError("`map_structure` needs at least one structure.")
    first, *others = structures

    def visit(path: Path, leaf: Any, leaves: list) -> Any:
        for other in leaves:
            if is_nested(other):
                raise _mismatch(path, leaf, other)
        if leaf is None and not none_is_leaf:
            if any(other is not None for other in leaves):
                raise _mismatch(path, leaf, next(o for o in leaves if o is not None))
            return None
        return func(leaf, *leaves)

    return _map_up_to(visit, (), first, others)


def map_structure_up_to(shallow_structure: Any, func: Callable, *structures: Any) -> Any:
    """Like `map_structure`, with the structures entered only as deep as `shallow_structure`.

    >>> map_structure_up_to(["a", "b"], len, [[1, 1], [2, 2, 2]])
    [2, 3]
    """
    _check_callable(func)
    if not structures:
        raise ValueError("`map_structure_up_to` needs at least one structure.")
    return _map_up_to(
        lambda path, leaf, subtrees: func(*subtrees), (), shallow_structure, list(structures)
    )


def _map_up_to(visit: Callable, path: Path, structure: Any, others: list) -> Any:
    """Calls `visit(path, leaf, parts of the others there)` for each leaf of `structure`."""
    kind = _kind(structure)
    if kind is None:
        return visit(path, structure, others)
    keys = kind.keys(structure)
    columns = [_children_like(path, structure, keys, other) for other in others]
    children = kind.children(structure)
    return kind.rebuild(
        structure,
        [
            _map_up_to(visit, (*path, key), child, [column[i] for column in columns])
            for i, (key, child) in enumerate(zip(keys, children, strict=True))
        ],
    )


def _children_like(path: Path, structure: Any, keys: list, other: Any) -> list:
    """The children of `other` in the order of `structure`'s, if the two nodes are alike."""
    kind, other_kind = _node_type(structure), _node_type(other)
    if kind in _DICTS and other_kind in _DICTS:
        if set(keys) != set(other):
            raise _mismatch(path, structure, other, f"expected the keys {keys}", list(other))
        return [other[key] for key in keys]
    if kind is not other_kind:
        raise _mismatch(path, structure, other)
    children = _kind(other).children(other)
    if len(children) != len(keys):
        raise _mismatch(path, structure, other, f"expected the number {len(keys)}", len(children))
    if _kind(other).keys(other) != keys:
        raise _mismatch(path, structure, other, f"expected the keys {keys}", list(other))
    return children


def _mismatch(
    path: Path, expected: Any, received: Any, what: str | None = None, came: Any = None
) -> ValueError:
    place = "".join(f"[{key!r}]" for key in path) or "the top"
    if what is None:
        what, came = f"expected {_describe(expected)}", _describe(received)
    elif isinstance(came, int):
        what += f" of entries in the {_describe(expected)}"
    return ValueError(
        f"The two structures don't have the same nested structure. At {place}: {what}, "
        f"received {came}."
    )


def _describe(thing: Any) -> str:
    kind = _kind(thing)
    if kind is None:
        return f"a leaf ({type(thing).__name__})"
    if kind is _NAMEDTUPLE:
        return f"namedtuple {type(thing).__name__}"
    return type(thing).__name__


def _check_callable(func: Any) -> None:
    if not callable(func):
        raise TypeError(f"`func` must be callable. Received: {func!r}")


def traverse(func: Callable, structure: Any, top_down: bool = True) -> Any:
    """Calls `func` on every node and leaf; what it returns, unless None, replaces them.

    Top down, a replaced node is not entered; bottom up, `func` sees the replaced children. To put
    None in a place, return `MAP_TO_NONE`.

    >>> traverse(lambda x: tuple(x) if isinstance(x, list) else None, [[1], 2], top_down=False)
    ((1,), 2)
    """
    _check_callable(func)
    replacement = func(structure) if top_down else None
    if replacement is None:
        structure = _traverse_children(func, structure, top_down)
        replacement = None if top_down else func(structure)
    if replacement is None:
        return structure
    return None if replacement is MAP_TO_NONE else replacement


def _traverse_children(func: Callable, structure: Any, top_down: bool) -> Any:
    kind = _kind(structure)
    if kind is None:
        return structure
    children = [traverse(func, child, top_down) for child in kind.children(structure)]
    return kind.rebuild(structure, children)


def pack_sequence_as(structure: Any, flat_sequence: Iterable) -> Any:
    """The inverse of `flatten`: a structure like the given one, filled with new leaves.

    >>> pack_sequence_as({"b": 0, "a": [0, 0]}, [1, 2, 3])
    {'b': 3, 'a': [1, 2]}
    """
    if not isinstance(flat_sequence, Iterable):
        raise TypeError(f"`flat_sequence` must be iterable. Received: {flat_sequence!r}")
    leaves = list(flat_sequence)
    places = len(flatten(structure))
    if len(leaves) != places:
        amount = "few" if len(leaves) < places else "many"
        raise ValueError(
            f"Too {amount} leaves in `flat_sequence`: it has {len(leaves)}, but the structure "
            f"holds {places}."
        )
    remaining = iter(leaves)
    return _map_up_to(lambda path, leaf, others: next(remaining), (), structure, [])


def assert_same_structure(a: Any, b: Any, check_types: bool | None = None) -> None:
    """Raises ValueError unless `a` and `b` are nested alike, in nodes of the same types.

    The three kinds of dict count as the same type. `check_types` has no effect, as in Keras.
    """
    map_structure(lambda left, right: None, a, b)


def assert_same_paths(a: Any, b: Any) -> None:
    """Raises ValueError unless `a` and `b` have leaves at the same paths, whatever the types."""
    paths_a = {path for path, _ in flatten_with_path(a)}
    paths_b = {path for path, _ in flatten_with_path(b)}
    if paths_a == paths_b:
        return
    raise ValueError(
        "`a` and `b` don't have the same paths. "
        f"Only in `a`: {sorted(map(str, paths_a - paths_b))}. "
        f"Only in `b`: {sorted(map(str, paths_b - paths_a))}."
    )


def lists_to_tuples(structure: Any) -> Any:
    """The same structure with a tuple for every list."""
    return traverse(
        lambda node: tuple(node) if isinstance(node, list) else None, structure, top_down=False
    )


def map_shape_structure(func: Callable, structure: Any) -> Any:
    """`map_structure` where a list or tuple of ints and Nones (a shape) is a leaf.

    >>> map_shape_structure(len, {"image": (None, 28, 28), "label": (None,)})
    {'image': 3, 'label': 1}
    """
    kind = None if _is_shape(structure) else _kind(structure)
    if kind is None:
        return func(structure)
    children = [map_shape_structure(func, child) for child in kind.children(structure)]
    return kind.rebuild(structure, children)


def _is_shape(thing: Any) -> bool:
    return isinstance(thing, (list, tuple)) and all(
        size is None or isinstance(size, int) for size in thing
    )
