"""`minicnn studio`: draw a digit, and look inside a network, in the browser."""

from __future__ import annotations

import argparse
import sys

from minicnn.studio import PORT, serve

SUMMARY = "draw digits and look inside your network, in the browser"
DESCRIPTION = """Starts a server on this computer and opens its page: draw a digit and watch a
network decide, layer by layer. Without a model it takes the one that `minicnn train` saved in this
folder, or trains a small one while you watch."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `minicnn studio`."""
    parser.add_argument("model", metavar="MODEL.keras", nargs="?", help="[runs/mnist/model.keras]")
    parser.add_argument(
        "--port", type=_port, default=PORT, help="the first port to try [%(default)s]"
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="the address to listen on; any but the default lets other computers in [%(default)s]",
    )
    parser.add_argument("--no-open", action="store_true", help="do not open the browser")


def command(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C; returns the exit code."""
    try:
        serve(options.model, options.port, options.host, not options.no_open)
    except ImportError as error:
        print(
            f"minicnn studio: {error}. It needs a few packages more: pip install 'minicnn[studio]'",
            file=sys.stderr,
        )
        return 2
    except (OSError, ValueError) as error:
        print(f"minicnn studio: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # before the server runs
        return 130
    return 0


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) < 2**16:
        raise argparse.ArgumentTypeError(
            f"expected a port, a whole number from 0 to 65535, but got {text!r}"
        )
    return int(text)
