"""`tf.data.Options` and `tf.data.experimental` beside TensorFlow's own."""

import pytest

from minicnn.as_keras import tensorflow as table


@pytest.fixture(scope="module")
def libraries(keras):
    ours = table.Names("tensorflow", lambda name: f"no {name}")
    return ours, pytest.importorskip("tensorflow")


def test_options_have_tensorflow_s_names(libraries):
    ours, real = (tf.data.Options() for tf in libraries)
    names = {name for name in dir(ours) if name[0] != "_"}
    assert names == {n for n in dir(real) if n[0] != "_"} - {"merge", "experimental_service"}
    for name in names:
        value = getattr(real, name)
        assert (value is None) == (getattr(ours, name) is None), name
        assert getattr(ours, name) is None or name in ours._GROUPS


def test_options_are_kept_and_wrong_names_refused(libraries):
    for tf in libraries:
        options = tf.data.Options()
        off = tf.data.experimental.AutoShardPolicy.OFF
        options.experimental_distribute.auto_shard_policy = off
        options.deterministic = True
        assert options.experimental_distribute.auto_shard_policy == off
        assert options.deterministic
        with pytest.raises(AttributeError, match="determinstic"):
            options.determinstic = True
        data = tf.data.Dataset.range(3).with_options(options)
        assert [int(x) for x in data] == [0, 1, 2]


def test_policies_have_tensorflow_s_numbers(libraries):
    ours, real = (tf.data.experimental.AutoShardPolicy for tf in libraries)
    assert {each.name: int(each) for each in ours} == {each.name: each.value for each in real}


@pytest.mark.parametrize(
    ("count", "said"), [(3, 3), (0, 0), (3, 2), (3, 4), (0, 1), (1, 0), (3, -1)]
)
def test_assert_cardinality(libraries, count, said):
    outcomes = []
    refused = ValueError, libraries[1].errors.FailedPreconditionError
    for tf in libraries:
        data = tf.data.Dataset.range(count).filter(lambda x: x >= 0)
        data = data.apply(tf.data.experimental.assert_cardinality(said))
        found = []
        try:
            found.extend(int(x) for x in data)
            error = None
        except refused:
            error = "refused"
        outcomes.append((int(data.cardinality()), found, error))
    assert outcomes[0] == outcomes[1]
