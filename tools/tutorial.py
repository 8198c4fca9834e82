"""Runs a documentation page: writes its files and runs its commands in an empty folder.

`python tools/tutorial.py [PAGE ...]`

A block with a title is a file; "(append)" adds to it. A block without a language contains terminal commands. A block
with the language "text" is the expected output of the last command, or of a program that is still running; "…" stands
for anything. Blocks in other languages are not run.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

ROOT = Path(__file__).resolve().parent.parent

SERVICES = {
    "odoochat sandbox": "press Ctrl-C to stop",
    "python lunch.py": "running as",
    "python listen.py": "listening",
    "uvicorn": "Application startup complete",
    "python shop.py": "Quit the server with CONTROL-C",
}
"""Commands that run until stopped, and what they print when they are ready."""

PAGES = ["docs/start.md", "docs/tutorial.md", "docs/howto/web-applications.md"]
"""The pages to follow if none is given."""

SECONDS = 60.0


class Block(NamedTuple):
    """A code block of a page.

    Attributes:
        line: number of its first line of code.
        language: its language, "" for commands.
        title: name of the file, "" without one.
        code: the text.
    """

    line: int
    language: str
    title: str
    code: str


def blocks(page: Path) -> Iterator[Block]:
    """Iterate over the code blocks of a page.

    Args:
        page: the page.
    """
    text = page.read_text("utf-8")
    for found in re.finditer(r'^```(\w*)(?: title="([^"]+)")?\n(.*?)^```$', text, re.MULTILINE | re.DOTALL):
        yield Block(text.count("\n", 0, found.start(3)) + 1, found[1], found[2] or "", found[3])


class Failed(Exception):
    """Raised when a page does not work as described."""


class Reader:
    """Follows the instructions on a page.

    Args:
        folder: an empty folder.
        source: the path to use instead of "/path/to/odoochat".
    """

    def __init__(self, folder: Path, source: str) -> None:
        self.folder = folder
        self._source = source
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith(("ODOOCHAT_", "VIRTUAL_ENV"))}
        self._environment |= {"PYTHONUNBUFFERED": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        self._services: dict[str, subprocess.Popen[bytes]] = {}
        self._last = ""
        self._output = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for command in list(self._services):
            self._stop(command)

    def follow(self, block: Block) -> None:
        """Follow the instructions in a block.

        Args:
            block: the block.

        Raises:
            Failed: a command failed, or its output differs.
        """
        if block.title:
            name, _, more = block.title.partition(" ")
            with (self.folder / name).open("a" if more == "(append)" else "w", encoding="utf-8") as file:
                file.write(block.code)
        elif block.language == "text":
            self._expect(block.code.strip())
        elif not block.language:
            before = dict(self._environment)
            for line in block.code.replace("\\\n", " ").splitlines():
                self._command(line.replace("/path/to/odoochat", self._source))
            if any(line.startswith(tuple(SERVICES)) for line in block.code.splitlines()):  # it has its own terminal
                self._environment = before

    def _command(self, line: str) -> None:
        if line.startswith("export "):
            self._environment |= dict(word.split("=", 1) for word in shlex.split(line)[1:])
            return
        if line == ". .venv/bin/activate":
            path = str(self.folder / ".venv" / "bin")
            if path not in self._environment["PATH"].split(os.pathsep):
                self._environment["PATH"] = f"{path}{os.pathsep}{self._environment['PATH']}"
            return
        print(f"$ {line}", flush=True)
        self._output = ""
        service = next((each for each in SERVICES if line.startswith(each)), None)
        if service is not None:
            self._start(service, line)
            return
        self._last = line
        self._run()

    def _run(self) -> None:
        done = subprocess.run(
            ["bash", "-c", self._last],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=240,
        )
        self._output = done.stdout
        if done.returncode:
            raise Failed(f"{self._last!r} failed with exit code {done.returncode}:\n{done.stdout}")

    def _start(self, service: str, line: str) -> None:
        self._stop(service)
        log = self._log(service)
        with log.open("wb") as file:
            self._services[service] = subprocess.Popen(
                ["bash", "-c", f"exec {line}"],
                cwd=self.folder,
                env=self._environment,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        end = time.monotonic() + SECONDS
        while SERVICES[service] not in log.read_text("utf-8"):
            if self._services[service].poll() is not None or time.monotonic() > end:
                raise Failed(f"{line!r} does not run:\n{log.read_text('utf-8')}")
            time.sleep(0.05)

    def _log(self, service: str) -> Path:
        return self.folder / f"{service.replace(' ', '-')}.log"

    def _stop(self, service: str) -> None:
        if (process := self._services.pop(service, None)) is None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Failed(f"{service!r} does not stop with Ctrl-C") from None

    def _expect(self, text: str) -> None:
        """Wait until the last command or a running program prints a text, repeating read-only commands."""
        pattern = ".*".join(map(re.escape, text.split("…")))
        end = time.monotonic() + SECONDS
        while True:
            printed = [self._output, *(self._log(each).read_text("utf-8") for each in self._services)]
            if any(re.search(pattern, each) for each in printed):
                return
            if time.monotonic() > end:
                raise Failed(f"expected {text!r}, but {self._last!r} printed:\n{self._output}")
            time.sleep(0.2)
            if self._last.startswith("odoochat history"):
                self._run()


def main(pages: list[str]) -> int:
    """Follow pages, each in its own empty folder.

    Args:
        pages: paths of the pages.

    Returns:
        0 if each page works as described, otherwise 1.
    """
    # A shell that starts a job in the background makes it ignore Ctrl-C, and so would the commands of the pages.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for page in pages:
        with tempfile.TemporaryDirectory(prefix="odoochat-tutorial-") as folder:
            block = None
            try:
                with Reader(Path(folder), str(ROOT)) as reader:
                    for block in blocks(ROOT / page):
                        reader.follow(block)
            except (Failed, subprocess.TimeoutExpired) as error:
                print(f"{page}:{block.line if block else 0}: {error}", file=sys.stderr)
                return 1
        print(f"{page}: works as described")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or PAGES))
