"""The studio: a page in the browser where one draws a digit and looks inside a network.

`serve` starts the server; `minicnn studio` calls it. The server sends the page of the folder `page`
and answers its messages over one WebSocket. What the answers say about a network comes from
`minicnn.analysis`; nothing about networks is computed here.

How a feature is added:

1. A function in a file in `answers/`, which gets the page and the fields of the message, and
   returns a dict of plain data and NumPy arrays::

       def neighbours(page: PageState, layer: str, channel: int) -> dict[str, Any]: ...

   It runs in a thread of its own while no other does, so it may use models as it likes. It raises
   a ValueError for what cannot be answered: the page shows the sentence. The drawing as the network
   gets it is `page.network_input` (None as long as nothing is drawn), the network `page.model`.
   `page.tell("name", ...)` sends the page something that it did not ask for, `page.on_close` takes
   functions to call when the page is closed.
2. A row in `messages.py`: the name of the message, the function, and a check for each field.
3. A module in `page/`, and a row in `page/features.js`: a view of its own (a tab of the page) or
   a panel beside the layers. `page/README.md` says what a module gets and what it may use.
4. Tests in `tests/studio/`: `ask` in `conftest.py` is a page without a browser, `page` one with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

PORT = 8028


def serve(
    model: Any = None, port: int = PORT, host: str = "127.0.0.1", open_page: bool = True
) -> None:
    """Starts the studio and returns when it is ended with Ctrl-C.

    Args:
        model: a model, or the path of a `.keras` file. None: the model that `minicnn train` saved
            in this folder; where there is none, a small one is trained while the page is open.
        port: the first port to try; if it is taken, the next free one is used.
        host: the address to listen on. Any but the default lets other computers in.
        open_page: whether to open the page in the browser.

    Raises:
        ImportError: Starlette, uvicorn or websockets is missing.
        OSError, ValueError: no model in the file; no free port.
    """
    from minicnn.studio.running import run

    run(Path(model) if isinstance(model, str) else model, port, host, open_page)
