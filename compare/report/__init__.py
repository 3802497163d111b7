"""Makes one HTML file of the results that the other commands wrote with `--json`.

The page loads no other files. Results that do not hold are marked on the page; the command itself
fails only if a file is missing or is not a result.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from compare.cli.outcome import CannotCompare, Outcome
from compare.report.results import Result, files, read

SUMMARY = "make one HTML file of the results of the other commands"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `compare report`."""
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="JSON files of the other commands, or folders"
    )
    parser.add_argument("--output", metavar="FILE.html", default="report.html")


def command(options: argparse.Namespace) -> Outcome:
    """Read all files, write the page, and report the files that could not be read."""
    from compare.report.page import SECTIONS, page

    loaded = [read(path) for path in files(options.files)]
    shown = [r for r in loaded if isinstance(r, Result) and r.command in SECTIONS]
    unknown = [r.command for r in loaded if isinstance(r, Result) and r.command not in SECTIONS]
    unreadable = [r for r in loaded if not isinstance(r, Result)]
    if not shown:
        why = f" {unreadable[0].file}: {unreadable[0].why}." if unreadable else ""
        raise CannotCompare(f"none of the files has results that can be shown.{why}")
    when = datetime.now(UTC).strftime("%-d %B %Y, %H:%M UTC")
    output = Path(options.output)
    try:
        output.write_text(page(shown, unreadable, when), encoding="utf-8")
    except OSError as error:
        raise CannotCompare(f"{output} cannot be written: {error.strerror}.") from None
    print(f"{output}: {len(shown)} results, {output.stat().st_size / 1e6:.1f} MB.")
    reasons = [f"{u.file}: {u.why}" for u in unreadable]
    reasons += [f"there is no section for the results of {command}" for command in unknown]
    summary = {"output": str(output), "shown": len(shown), "unreadable": len(unreadable)}
    return Outcome([], summary, ". ".join(reasons) + "." if reasons else None)
