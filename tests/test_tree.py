"""`minicnn.tree` against `keras.tree`, over random structures."""

import collections
from collections import OrderedDict, defaultdict, deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn import tree

Point = collections.namedtuple("Point", ["x", "y"])
Other = collections.namedtuple("Other", ["x", "y"])

leaves = st.none() | st.integers(-5, 5) | st.text("abc", max_size=2) | st.just(2.5)
keys = st.text("abcd", min_size=1, max_size=2)


def _nodes(children):
    return st.one_of(
        st.lists(children, max_size=3),
        st.lists(children, max_size=3).map(tuple),
        st.lists(children, max_size=3).map(lambda items: deque(items, maxlen=7)),
        st.builds(Point, children, children),
        st.dictionaries(keys, children, max_size=3),
        st.lists(st.tuples(keys, children), max_size=3).map(OrderedDict),
        st.dictionaries(keys, children, max_size=3).map(lambda d: defaultdict(list, d)),
    )


structures = st.recursive(leaves, _nodes, max_leaves=12)


def strictly_equal(a, b):
    """Equal in type and in the order of keys too."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(strictly_equal(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple, deque)):
        return len(a) == len(b) and all(map(strictly_equal, a, b))
    return a == b


@given(structures)
@settings(max_examples=200, deadline=None)
def test_same_as_keras(keras, structure):
    theirs = keras.tree
    assert tree.is_nested(structure) == theirs.is_nested(structure)
    assert tree.flatten(structure) == theirs.flatten(structure)
    assert tree.flatten_with_path(structure) == theirs.flatten_with_path(structure)
    number = iter(range(100))
    other_number = iter(range(100))
    assert strictly_equal(
        tree.map_structure(lambda x: (x, next(number)), structure),
        theirs.map_structure(lambda x: (x, next(other_number)), structure),
    )
    assert strictly_equal(
        tree.map_structure(repr, structure, none_is_leaf=False),
        theirs.map_structure(repr, structure, none_is_leaf=False),
    )
    assert strictly_equal(tree.lists_to_tuples(structure), theirs.lists_to_tuples(structure))
    leaves = list(range(len(tree.flatten(structure))))
    packed = tree.pack_sequence_as(structure, leaves)
    assert strictly_equal(packed, theirs.pack_sequence_as(structure, leaves))
    assert tree.flatten(packed) == leaves


@given(structures, st.booleans())
@settings(max_examples=100, deadline=None)
def test_traverse_visits_what_keras_visits(keras, structure, top_down):
    def visitor(seen):
        def visit(x):
            seen.append(x)
            if isinstance(x, tuple) and not hasattr(x, "_fields"):
                return "tuple"
            return tree.MAP_TO_NONE if x == 2.5 else None

        return visit

    ours, theirs = [], []
    result = tree.traverse(visitor(ours), structure, top_down)

    visit = visitor(theirs)

    def keras_visit(x):
        answer = visit(x)
        return keras.tree.MAP_TO_NONE if answer is tree.MAP_TO_NONE else answer

    assert strictly_equal(result, keras.tree.traverse(keras_visit, structure, top_down))
    assert len(ours) == len(theirs)
    assert all(map(strictly_equal, ours, theirs))


@given(structures, structures)
@settings(max_examples=300, deadline=None)
def test_the_same_pairs_are_found_different(keras, a, b):
    for check in ("assert_same_structure", "assert_same_paths"):
        outcomes = []
        for library in (tree, keras.tree):
            try:
                getattr(library, check)(a, b)
                outcomes.append("same")
            except ValueError:
                outcomes.append("different")
        assert outcomes[0] == outcomes[1], (check, a, b)


def test_dicts_of_three_kinds_match_by_key():
    ordered = OrderedDict([("b", 1), ("a", 2)])
    result = tree.map_structure(lambda x, y: (x, y), ordered, {"a": 20, "b": 10})
    assert strictly_equal(result, OrderedDict([("b", (1, 10)), ("a", (2, 20))]))


def test_subclasses_are_leaves_until_registered():
    class Stack(list):
        def tree_flatten(self):
            return self, None

        @classmethod
        def tree_unflatten(cls, metadata, children):
            return cls(children)

    stack = Stack([1, [2]])
    assert tree.flatten([stack]) == [stack]
    tree.register_tree_node_class(Stack)
    try:
        assert tree.flatten([stack]) == [1, 2]
        mapped = tree.map_structure(lambda x: -x, stack)
        assert type(mapped) is Stack
        assert mapped == [-1, [-2]]
        with pytest.raises(ValueError, match="expected Stack"):
            tree.assert_same_structure(stack, [1, [2]])
    finally:
        del tree._KINDS[Stack]


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ((1, 2), [1, 2], r"At the top: expected tuple, received list"),
        ({"x": [1, 2]}, {"x": [1]}, r"At \['x'\]: expected the number 2 .*list, received 1"),
        ({"x": 1}, {"y": 1}, r"expected the keys \['x'\], received \['y'\]"),
        ([1, (2, 3)], [1, 2], r"At \[1\]: expected tuple, received a leaf \(int\)"),
        ([1, 2], [1, (2, 3)], r"At \[1\]: expected a leaf \(int\), received tuple"),
        (Point(1, 2), Other(1, 2), r"expected namedtuple Point, received namedtuple Other"),
    ],
)
def test_mismatches_say_where_and_what(a, b, message):
    with pytest.raises(ValueError, match=message):
        tree.map_structure(lambda x, y: x, a, b)


def test_wrong_arguments():
    with pytest.raises(TypeError, match="must be callable"):
        tree.map_structure("bad", [1])
    with pytest.raises(TypeError, match="must be callable"):
        tree.traverse("bad", [1])
    with pytest.raises(ValueError, match="at least one structure"):
        tree.map_structure(len)
    with pytest.raises(TypeError, match="iterable"):
        tree.pack_sequence_as([1], 1)
    with pytest.raises(ValueError, match=r"Too few leaves in `flat_sequence`: it has 1.*holds 2"):
        tree.pack_sequence_as([1, 2], [1])
    with pytest.raises(ValueError, match="Too many leaves"):
        tree.pack_sequence_as(1, [1, 2])


def test_map_structure_up_to(keras):
    for library in (tree, keras.tree):
        assert library.map_structure_up_to((0, [0, 0]), str, ([1, 1], [2, {"a": 3}])) == (
            "[1, 1]",
            ["2", "{'a': 3}"],
        )
        with pytest.raises(ValueError):
            library.map_structure_up_to((0, [0, 0]), str, ([1, 1], 2))


def test_shapes_are_leaves(keras):
    shapes = {"a": (None, 3), "b": [(), [2, 3]], "c": ((1, 2), None)}
    ours = tree.map_shape_structure(repr, shapes)
    assert strictly_equal(ours, keras.tree.map_shape_structure(repr, shapes))


def test_keys_of_several_types_have_an_order(keras):
    mixed = {1: "a", "x": "b", 0: "c"}
    assert tree.flatten(mixed) == keras.tree.flatten(mixed)
