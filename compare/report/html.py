"""Makes HTML and SVG by function calls; every text is escaped."""

from __future__ import annotations

import html
import json
import math
from typing import Any

VOID = ("input", "meta", "br", "line", "circle", "path", "rect", "polyline")


class Html(str):
    """Text that is HTML and must not be escaped."""

    __slots__ = ()


def tag(name: str, /, *children: Any, **attributes: Any) -> Html:
    """An element. Strings among its children are escaped, lists are flattened, None is left out.

    `class_` becomes class, `data_x` data-x. An attribute that is None or False is left out.

    >>> tag("p", "1 < 2", class_="note")
    '<p class="note">1 &lt; 2</p>'
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID and not children:
        return Html(f"<{name}{written}/>")
    return Html(f"<{name}{written}>{joined(children)}</{name}>")


def joined(children: Any) -> Html:
    """All children, one after the other."""
    return Html("".join(_child(child) for child in children))


def data(name: str, value: Any) -> Html:
    """Data for the page's script, in an element with this id. Its text cannot end the element."""
    text = json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False)
    safe = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return Html(f'<script type="application/json" id="{html.escape(name)}">{safe}</script>')


def _child(child: Any) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, (list, tuple)):
        return joined(child)
    return html.escape(str(child), quote=False)


def _attribute(key: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if name == "viewbox":
        name = "viewBox"
    return f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'


def _plain(value: Any) -> Any:
    """Replaces NaN and infinity, which JSON cannot hold, by text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, (list, tuple)) else value
