import functools
import gzip
import hashlib
import http.server
import io
import os
import tarfile
import threading
import zipfile
from pathlib import Path

import pytest

from minicnn.utils import get_file


def archive(kind, members):
    buffer = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w") as out:
            for name, content in members.items():
                out.writestr(name, content)
    else:
        with tarfile.open(fileobj=buffer, mode="w:gz") as out:
            for name, content in members.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                out.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


FILES = {
    "data.txt": b"hello",
    "pack.zip": archive("zip", {"a/b.txt": b"zipped"}),
    "pack.tar.gz": archive("tar", {"a/b.txt": b"tarred"}),
    "evil.tar.gz": archive("tar", {"../../evil.txt": b"out"}),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A web server with the files above, and a list of what was asked for."""
    folder = tmp_path_factory.mktemp("served")
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            asked.append(self.path)

    handler = functools.partial(Handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.asked = asked
        server.address = f"http://127.0.0.1:{server.server_port}"
        yield server
        server.shutdown()


@pytest.fixture(autouse=True)
def _home(monkeypatch, tmp_path):
    monkeypatch.setenv("MINICNN_HOME", str(tmp_path))


def sha256(name):
    return hashlib.sha256(FILES[name]).hexdigest()


def test_fetched_once_and_kept(server, tmp_path):
    origin = f"{server.address}/data.txt"
    path = get_file(origin=origin, file_hash=sha256("data.txt"))
    assert Path(path) == tmp_path / "datasets" / "data.txt"
    assert Path(path).read_bytes() == b"hello"
    asked = len(server.asked)
    assert get_file(origin=origin) == path
    assert len(server.asked) == asked
    get_file(origin=origin, force_download=True)
    assert len(server.asked) == asked + 1


def test_a_damaged_file_in_the_cache_is_replaced(server, tmp_path):
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "mine.txt").write_bytes(b"hel")
    md5 = hashlib.md5(b"hello").hexdigest()
    path = get_file("mine.txt", f"{server.address}/data.txt", md5_hash=md5)
    assert Path(path).read_bytes() == b"hello"


def test_the_wrong_content_never_enters_the_cache(server, tmp_path):
    with pytest.raises(ValueError, match="hash"):
        get_file(origin=f"{server.address}/data.txt", file_hash="0" * 64)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(("name", "content"), [("pack.zip", "zipped"), ("pack.tar.gz", "tarred")])
def test_archives_are_unpacked(server, tmp_path, name, content):
    folder = get_file("pack.zip", f"{server.address}/{name}", extract=True, cache_subdir="x")
    assert Path(folder) == tmp_path / "x" / "pack_extracted"
    assert (Path(folder) / "a" / "b.txt").read_text() == content
    assert get_file("pack.zip", f"{server.address}/{name}", untar=True, cache_subdir="x") == folder


def test_an_archive_cannot_write_outside_its_folder(server, tmp_path):
    with pytest.raises(ValueError, match="leads outside of it"):
        get_file(origin=f"{server.address}/evil.tar.gz", extract=True)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["evil.tar.gz_archive"]


def test_the_wrong_format_is_refused(server):
    with pytest.raises(ValueError, match="is not a zip archive"):
        get_file(origin=f"{server.address}/pack.tar.gz", extract=True, archive_format="zip")


@pytest.mark.parametrize("fname", ["../up.txt", "a/b.txt", "..", "a\\b"])
def test_names_with_folders_are_refused(server, fname):
    with pytest.raises(ValueError, match="no longer accepted"):
        get_file(fname, f"{server.address}/data.txt")


def test_an_address_is_needed():
    with pytest.raises(ValueError, match='specify the "origin"'):
        get_file("x.txt")
    with pytest.raises(ValueError, match="Please specify the `fname`"):
        get_file(origin="http://127.0.0.1/")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_file_in_the_place_of_one(make, server, tmp_path):
    (tmp_path / "datasets").mkdir()
    make(tmp_path / "datasets" / "data.txt")
    for settings in ({}, {"file_hash": sha256("data.txt")}):
        with pytest.raises(ValueError, match=r"data.txt is not a file: remove it"):
            get_file(origin=f"{server.address}/data.txt", **settings)


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to(path.name)])
def test_what_is_no_folder_in_the_place_of_one(make, server, tmp_path):
    (tmp_path / "datasets").mkdir()
    make(tmp_path / "datasets" / "pack_extracted")
    with pytest.raises(ValueError, match=r"pack_extracted is not a folder: remove it"):
        get_file("pack.zip", f"{server.address}/pack.zip", extract=True)


NO_ARCHIVES = {
    "text": b"hello",
    "nothing": b"",
    "the first bytes of a zip": b"PK\3\4",
    "a gzip of no tar": gzip.compress(b"x" * 5000, mtime=0),
}


@pytest.mark.parametrize("content", NO_ARCHIVES.values(), ids=NO_ARCHIVES)
@pytest.mark.parametrize("archive_format", ["auto", "zip", "tar"])
def test_what_is_no_archive_is_refused_in_a_sentence(content, archive_format, tmp_path):
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "x.zip").write_bytes(content)
    settings = {"extract": True, "archive_format": archive_format}
    with pytest.raises(ValueError, match=r"datasets/x.zip is n\w+ .*archive"):
        get_file("x.zip", "http://127.0.0.1/x.zip", **settings)
    assert [path.name for path in tmp_path.rglob("*")] == ["datasets", "x.zip"]
