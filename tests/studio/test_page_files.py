"""The list of the page's files in its README names them all, and no others."""

import re

from minicnn.studio.server import PAGE


def test_the_readme_lists_every_file_of_the_page():
    table = (PAGE / "README.md").read_text().split("## A new feature")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    listed = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    files = {path.name for path in PAGE.iterdir()} - {"README.md"}
    assert len(listed) == len(set(listed)), "a file is listed twice"
    assert set(listed) == files


def test_every_module_is_used_and_every_style_is_linked():
    text = {path.name: path.read_text() for path in PAGE.iterdir() if path.suffix != ".svg"}
    for name in text:
        if name in ("README.md", "index.html"):
            continue
        users = [
            other for other, content in text.items() if f"/{name}" in content and other != name
        ]
        assert users, f"nothing loads {name}"
