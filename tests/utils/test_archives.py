"""Archives: honest ones are unpacked as Python does it, others cost little and write nothing."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import struct
import sys
import tarfile
import tracemalloc
import zipfile

import pytest

from minicnn.utils import archives
from minicnn.utils.archives import ArchiveError, contents

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="makes links")


def member(name, content=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def link(name, target):
    return member(name, type=tarfile.SYMTYPE, linkname=target)


def hard_link(name, target):
    return member(name, type=tarfile.LNKTYPE, linkname=target, mode=0o755)


def folder(name):
    return member(name, type=tarfile.DIRTYPE, mode=0o755)


def tar(*members, compress=lambda content: content, format=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return compress(out.getvalue())


def zipped(*members, **settings):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **settings) as archive:
        for name, content in members:
            archive.writestr(name if isinstance(name, zipfile.ZipInfo) else info_of(name), content)
    return out.getvalue()


def info_of(name, mode=0o644, **fields):
    info = zipfile.ZipInfo()
    info.filename = info.orig_filename = name
    info.external_attr = mode << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def tree(path):
    """All that is below a folder."""
    found = {}
    for each in sorted(path.rglob("*")):
        name = str(each.relative_to(path))
        if each.is_symlink():
            found[name] = ("link", os.readlink(each))
        elif each.is_dir():
            found[name] = ("folder",)
        else:
            status = each.stat()
            found[name] = (each.read_bytes(), bool(status.st_mode & 0o100), status.st_nlink)
    return found


def unpack(content, tmp_path):
    """The tree that comes out; nothing may appear anywhere else."""
    archive, inside = tmp_path / "archive", tmp_path / "deep" / "in" / "folder"
    inside.parent.mkdir(parents=True, exist_ok=True)
    archive.write_bytes(content)
    (tmp_path / "secret").write_text("before")
    before = tree(tmp_path)
    try:
        archives.unpack(archive, inside)
    finally:
        below = str(inside.relative_to(tmp_path))
        after = {name: what for name, what in tree(tmp_path).items() if not name.startswith(below)}
        assert after == before
    for each in inside.rglob("*"):
        assert each.resolve().is_relative_to(inside.resolve())
        assert not each.stat(follow_symlinks=False).st_mode & 0o6000
    return tree(inside)


COMPRESSIONS = [lambda content: content, gzip.compress, bz2.compress, lzma.compress]
HONEST = [
    folder("a"),
    member("a/one", b"1" * 512),
    member("a/two", b"22", mode=0o755),
    member("./b//./c/three", b"333" * 5000),
    member("PK and no zip", b""),
    member("x" * 150 + "/" + "é" * 100, b"4"),
    link("to_one", "a/one"),
    link("b/to_a", "../a/./"),
    link("b/through", "to_a/../a/two"),
    link("here", "."),
    link("to_nothing", "a/none"),
    hard_link("same", "a/two"),
    hard_link("again", "same"),
    member("twice", b"first"),
    member("twice", b"second"),
    member("/from_the_root", b"5"),
]


@pytest.mark.skipif(not hasattr(tarfile, "data_filter"), reason="filters came with Python 3.11.4")
@pytest.mark.parametrize("compress", COMPRESSIONS)
@pytest.mark.parametrize("format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_honest_tar_archives_come_out_as_python_has_them(compress, format, tmp_path):
    content = tar(*HONEST, compress=compress, format=format)
    expected = tmp_path / "expected"
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(expected, filter="data")
    assert unpack(content, tmp_path) == tree(expected)


def test_a_file_that_replaces_a_hard_link_is_a_file_of_its_own(tmp_path):
    content = tar(member("a", b"1"), hard_link("b", "a"), member("b", b"2"), hard_link("a", "a"))
    assert unpack(content, tmp_path) == {"a": (b"1", False, 1), "b": (b"2", False, 1)}


def test_honest_zip_archives(tmp_path):
    content = zipped(("a/", b""), ("a/one", b"1" * 9999), ("b/c/./two", b""))
    assert unpack(content, tmp_path) == {
        "a": ("folder",),
        "a/one": (b"1" * 9999, False, 1),
        "b": ("folder",),
        "b/c": ("folder",),
        "b/c/two": (b"", False, 1),
    }
    stored = io.BytesIO()
    zipfile.ZipFile(stored, "w").close()
    (tmp_path / "deep" / "in" / "folder").rename(tmp_path / "elsewhere")
    assert unpack(stored.getvalue(), tmp_path) == {}


def test_a_link_in_a_zip_archive_is_a_text(tmp_path):
    """As Python and Keras have it."""
    content = zipped((info_of("up", mode=0o120777), b"../.."), (info_of("s", mode=0o104755), b"x"))
    assert unpack(content, tmp_path) == {"up": (b"../..", False, 1), "s": (b"x", False, 1)}


def long_chain(part, count=16, end="../../../secret"):
    """Links whose real path is longer than the system takes: CVE-2025-4517."""
    members, path = [], ""
    steps = "abcdefghijklmnop"[:count]
    for step in steps:
        members += [folder(path + "d" * part), link(path + step, "d" * part)]
        path += "d" * part + "/"
    last = "/".join(steps) + "/" + "l" * part
    return [
        *members,
        link(last, "../" * count),
        link("escape", f"{last}/{end}"),
        hard_link("hard", "escape"),
        member("hard", b"after"),
        member("escape", b"after"),
    ]


def pax(name, **headers):
    return member(name, b"x", pax_headers=headers)


ESCAPES = {
    "up": [member("../../secret", b"x")],
    "up, later": [member("a/../../secret", b"x")],
    "a folder up": [folder("../new")],
    "through a link": [link("a", "../.."), member("a/secret", b"x")],
    "through an inner link": [folder("d"), link("a", "d"), member("a/secret", b"x")],
    "through a link to the root": [link("a", "/"), member("a/secret", b"x")],
    "a link up": [link("a", "../../../secret")],
    "a link to an absolute path": [link("a", "/etc/passwd")],
    "a link and a file": [link("a", "../../secret"), member("a", b"x")],
    "a file and a link": [member("a", b"x"), link("a", "../../secret")],
    "a folder and a link": [folder("a"), link("a", "../../..")],
    "a link below a file": [member("a", b"x"), link("a/b", "c")],
    "a chain": [link("a", "."), link("b", "a/.."), link("c", "b/../secret")],
    "a chain, listed backwards": [link("c", "b/../secret"), link("b", "a"), link("a", ".")],
    "a chain of folders": [
        folder("x/y"),
        link("a", "x/y"),
        link("b", "a/../.."),
        link("c", "b/.."),
    ],
    "a circle": [link("a", "b"), link("b", "a")],
    "a circle within": [link("a", "a/a/a")],
    "long": long_chain(247),
    "longer": long_chain(247, 16, "../" * 16 + "secret"),
    "not so long": long_chain(40),
    "short": long_chain(3),
    "few": long_chain(100, 4),
    "a hard link up": [hard_link("a", "../../../secret"), member("a", b"x")],
    "a hard link to an absolute path": [hard_link("a", "/etc/passwd")],
    "a hard link to a link": [link("a", "../../../secret"), hard_link("b", "a")],
    "a hard link to a folder": [folder("a"), hard_link("b", "a")],
    "a hard link to what comes later": [hard_link("b", "a"), member("a", b"x")],
    "a pipe": [member("a", type=tarfile.FIFOTYPE)],
    "a device": [member("a", type=tarfile.CHRTYPE, devmajor=1, devminor=5)],
    "a disk": [member("a", type=tarfile.BLKTYPE)],
    "a backslash": [member("..\\..\\secret", b"x")],
    "a drive": [member("C:/secret", b"x")],
    "a zero": [pax("a", path="a\0b")],
    "a name that is too long": [member("a/" * 3000 + "a", b"x")],
    "a part that is too long": [member("a" * 300, b"x")],
    "too many parts": [member("a/" * 70 + "a", b"x")],
    "a link that is too long": [link("a", "a/" * 3000)],
    "the folder itself": [member(".", b"x")],
    "the folder itself as a link": [link("./", "../../..")],
    "a number without end": [pax("a", comment="1" * 10_000)],
    "many long numbers": [pax("a", comment=("1" * 99 + "x") * 200)],
    "a header without end": [pax("a", comment="x" * 100_000)],
    "a negative size": [pax("a", size="-1024")],
    "an enormous size": [pax("a", size=str(10**12))],
    "a size that is none": [pax("a", size="1e9")],
}


@pytest.mark.parametrize("members", ESCAPES.values(), ids=ESCAPES)
def test_tar_archives_that_are_refused(members, tmp_path):
    with pytest.raises((ArchiveError, OSError), match=str(tmp_path / "archive")) as refused:
        unpack(tar(*members), tmp_path)
    assert len(str(refused.value)) < 500 + len(str(tmp_path))


def test_setuid_bits_and_owners_are_dropped(tmp_path):
    content = tar(member("a", b"x", mode=0o6777, uid=12345), folder("d"))
    assert unpack(content, tmp_path) == {"a": (b"x", True, 1), "d": ("folder",)}


def patched(content, at, form, *values):
    """An archive of one member with other values in its record of the central directory."""
    record = content.rindex(b"PK\1\2")
    changed = bytearray(content)
    struct.pack_into(form, changed, record + at, *values)
    return bytes(changed)


ZEROS = zipped(("a", bytes(10**7)))
ZIP_ESCAPES = {
    "up": zipped(("../../secret", b"x")),
    "up, later": zipped(("a/../../../secret", b"x")),
    "a folder up": zipped(("../../new/", b"")),
    "a backslash": zipped(("..\\..\\secret", b"x")),
    "a drive": zipped(("c:secret", b"x")),
    "a zero": zipped(("a\0b", b"x")),
    "a file and a folder": zipped(("a", b"x"), ("a/b", b"x")),
    "a folder and a file": zipped(("a/b", b"x"), ("a", b"x")),
    "the folder itself": zipped((".", b"x")),
    "too long": zipped(("a/" * 3000 + "a", b"x")),
    "a size that is too small": patched(ZEROS, 24, "<L", 100),
    "a size that is too large": patched(ZEROS, 24, "<L", 10**9),
    "an enormous size": patched(ZEROS, 24, "<L", 4 * 10**9),
    "an enormous compressed size": patched(ZEROS, 20, "<L", 4 * 10**9),
    "encrypted": patched(ZEROS, 8, "<H", 1),
    "another method": patched(ZEROS, 10, "<H", zipfile.ZIP_BZIP2),
    "a method that nobody has": patched(ZEROS, 10, "<H", 77),
    "another beginning": patched(ZEROS, 42, "<L", 1000),
    "cut": ZEROS[:-50],
    "half": ZEROS[: len(ZEROS) // 2],
    "a beginning": b"PK\3\4",
}


@pytest.mark.parametrize("content", ZIP_ESCAPES.values(), ids=ZIP_ESCAPES)
def test_zip_archives_that_are_refused(content, tmp_path):
    with pytest.raises((ArchiveError, OSError), match=str(tmp_path / "archive")):
        unpack(content, tmp_path)


COSTS = {
    "files": tar(*(member(f"{i}") for i in range(2000)), compress=gzip.compress),
    "folders": tar(*(folder(f"{i}") for i in range(2000)), compress=gzip.compress),
    "links": tar(*(link(f"{i}", "x") for i in range(2000)), compress=gzip.compress),
    "hard links": tar(
        member("x"), *(hard_link(f"{i}", "x") for i in range(2000)), compress=gzip.compress
    ),
    "folders of folders": tar(
        *(member("a/" * 10 + f"{i}" + "/b" * 50) for i in range(20)), compress=gzip.compress
    ),
    "the same again": tar(*[member("a")] * 2000, compress=gzip.compress),
    "zeros": tar(member("a", bytes(10**7)), compress=gzip.compress),
    "zeros in many": tar(
        *(member(f"{i}", bytes(10**6)) for i in range(10)), compress=gzip.compress
    ),
    "zeros of one file": tar(*[member("a", bytes(10**6))] * 10, compress=gzip.compress),
    "zeros between": tar(pax("a", size="512"), member("a", bytes(10**7)), compress=gzip.compress),
    "members in a zip": zipped(*((f"{i}", b"") for i in range(6000))),
    "zeros in a zip": zipped(("a", bytes(10**7))),
    "zeros in many in a zip": zipped(*((f"{i}", bytes(10**6)) for i in range(10))),
}


@pytest.mark.parametrize("content", COSTS.values(), ids=COSTS)
def test_what_an_archive_may_cost_is_bounded_by_its_size(content, tmp_path, monkeypatch):
    monkeypatch.setattr(contents, "FREE_MEMBERS", 300)
    monkeypatch.setattr(contents, "FREE_BYTES", 10**6)
    monkeypatch.setattr(contents, "BYTES_A_MEMBER", 1000)
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveError, match=r"larger|longer|members"):
            unpack(content, tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 10**7
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("content", [b"", b"x", b"hello" * 1000, bytes(10_000), os.urandom(5000)])
def test_what_is_no_archive_is_refused_in_a_sentence(content, tmp_path):
    for start in (b"", b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\0", b"]\0\0"):
        if start + content.strip(b"\0"):
            with pytest.raises(ArchiveError, match="archive"):
                unpack(start + content, tmp_path)
            (tmp_path / "deep" / "in" / "folder").rmdir()


@pytest.mark.parametrize("kind", ["tar", "gz", "bz2", "xz", "zip"])
def test_damaged_archives_are_whole_or_refused(kind, tmp_path):
    """Whatever is changed, nothing but a sentence comes, and nothing is written elsewhere."""
    chance = random.Random(7)
    if kind == "zip":
        content = zipped(*((info.name, what) for info, what in HONEST[:6]))
    else:
        compress = COMPRESSIONS[["tar", "gz", "bz2", "xz"].index(kind)]
        content = tar(*HONEST, compress=compress)
    for number in range(60):
        changed = bytearray(content)
        for _ in range(chance.choice((1, 1, 4, 40))):
            at = chance.randrange(len(changed))
            changed[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        if chance.random() < 0.2:
            changed = changed[: chance.randrange(len(changed))]
        (tmp_path / str(number)).mkdir()
        try:
            unpack(bytes(changed), tmp_path / str(number))
        except (ArchiveError, OSError) as error:
            assert str(tmp_path / str(number) / "archive") in str(error)


def test_a_disk_without_room(tmp_path, monkeypatch):
    usage = contents.shutil.disk_usage(tmp_path)._replace(free=100)
    monkeypatch.setattr(contents.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(OSError, match=r"archive could not be unpacked: No space left on device"):
        unpack(tar(member("a", b"1" * 101)), tmp_path)
