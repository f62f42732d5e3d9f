"""Makes ``tools/shell.svg``, the picture in the README, from a real session: ``.venv/bin/python tools/make_picture.py``.

A server with the demo company is started in a folder of its own, people are there, and two commands run in terminals of their own; what
stands on these in the end is drawn. Nothing in the picture is written by hand but the prompts.
"""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tools.screen import Run, Screen, Style  # noqa: E402 (this checkout's)

PICTURE = ROOT / "tools/shell.svg"
COLUMNS, ROWS = 88, 40
WIDTH, HEIGHT, MARGIN = 8.4, 20, 16  # of a column and a row, in units of the picture
PATIENCE_SECONDS = 30.0
COLOURS = {0: "#d7dae0", 31: "#ff7b72", 32: "#7ee787", 33: "#e3b341", 36: "#76e3ea"}
FONTS = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', 'Noto Sans CJK SC', monospace"
Environment = Mapping[str, str]


class Terminal:
    """A command in a terminal of its own, and what stands there."""

    def __init__(self, words: Sequence[str], environment: Environment) -> None:
        self.shown = "./yizhan " + " ".join(words)
        self.screen = Screen()
        self._seen = ""
        own, its = pty.openpty()
        size = {"COLUMNS": str(COLUMNS), "LINES": str(ROWS), "TERM": "xterm-256color"}
        self._process = subprocess.Popen(_line(words), cwd=ROOT, env={**environment, **size}, stdin=its, stdout=its, stderr=its)
        os.close(its)
        self._own = own

    def until(self, *texts: str) -> None:
        """Read on until all of ``texts`` were written."""
        while not all(text in self._seen for text in texts):
            if not select.select([self._own], [], [], PATIENCE_SECONDS)[0]:
                raise SystemExit(f"{self.shown}: {texts} never came: {self._seen[-2000:]}")
            self._take()

    def _take(self) -> None:
        read = b""
        while not read or not _is_text(read):
            read += os.read(self._own, 65536)
        self._seen += read.decode()
        self.screen.write(read.decode())

    def end(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(PATIENCE_SECONDS)
        os.close(self._own)


def _is_text(read: bytes) -> bool:
    """Whether it ends behind a character, and behind a sequence that moves or colours."""
    try:
        return re.search("\x1b[^A-Za-z]*$", read.decode()) is None
    except UnicodeDecodeError:
        return False


def _line(words: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "server", *words]


@contextmanager
def serving(folder: Path, environment: Environment) -> Iterator[str]:
    """Gives the port."""
    with (folder / "log").open("w") as log:
        line = _line(["serve", "--demo", "--port", "0"])
        server = subprocess.Popen(line, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        assert server.stdout is not None
        try:
            yield next(found[1] for line in server.stdout if (found := re.search(r"ws://127\.0\.0\.1:(\d+)/ws", line)))
        finally:
            server.terminate()
            server.communicate()


def session() -> list[Terminal]:
    with tempfile.TemporaryDirectory() as name, ExitStack() as ends:
        folder = Path(name)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("YIZHAN_") and key != "NO_COLOR"}
        environment |= {"YIZHAN_SERVER__DATA": str(folder / "data"), "XDG_STATE_HOME": str(folder / "state"), "TZ": "Asia/Shanghai"}
        environment["YIZHAN_GATEWAY__PORT"] = ends.enter_context(serving(folder, environment))

        def opened(*words: str) -> Terminal:
            made = Terminal(words, environment)
            ends.callback(made.end)
            return made

        def done(*words: str) -> None:
            subprocess.run(_line(words), cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)

        tail = opened("tail", "--as", "10001", "--recent", "0")
        tail.until("connected as 李娜")
        for number in ("10002", "10003", "10004", "10009"):
            opened("tail", "--as", number, "--recent", "0").until("connected as")
        done("presence", "set", "busy", "back at two", "--as", "10002")
        done("say", "--as", "10002", "--to", "10001", "你好")
        done("say", "--as", "10003", "--to", "10001", "Hello! 柏林下雪了")
        done("say", "--as", "10002", "--to", "午饭 Lunch", "Noodles?")
        tail.until("你好", "Hello!", "Noodles?")
        watch = opened("presence", "watch", "--as", "10001")
        watch.until("back at two", "Emma Clarke", "谢梅", "5/40")
        return [tail, watch]


def drawn(terminals: Sequence[Terminal]) -> str:
    parts: list[str] = []
    top = MARGIN
    for one in terminals:
        rows = [[Run(0, "$", Style(32, bold=True), wide=False), Run(2, one.shown, Style(bold=True), wide=False)], *one.screen.rows()]
        height = len(rows) * HEIGHT + 2 * MARGIN
        width = round(COLUMNS * WIDTH + 2 * MARGIN)
        parts.append(f'<rect x="{MARGIN}" y="{top}" width="{width}" height="{height}" rx="8" fill="#161b22" stroke="#30363d"/>')
        for at, row in enumerate(rows):
            parts += [_text(run, 2 * MARGIN, top + MARGIN + at * HEIGHT + 15) for run in row]
        top += height + MARGIN
    size = f'width="{width + 2 * MARGIN}" height="{top}" viewBox="0 0 {width + 2 * MARGIN} {top}"'
    about = "<title>Yizhan in two shells</title>"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{FONTS}" font-size="14" xml:space="preserve">'
    return "\n".join([head, about, f'<rect width="{width + 2 * MARGIN}" height="{top}" fill="#0d1117"/>', *parts, "</svg>"]) + "\n"


def _text(run: Run, left: int, base: int) -> str:
    """Each run is as wide as its columns, whatever font there is."""
    columns = len(run.text) * (2 if run.wide else 1)
    colour = COLOURS.get(run.style.colour, COLOURS[0])
    more = ' font-weight="bold"' if run.style.bold else ""
    more += ' opacity="0.6"' if run.style.dim else ""
    place = f'x="{left + run.at * WIDTH:g}" y="{base}" textLength="{columns * WIDTH:g}" lengthAdjust="spacingAndGlyphs"'
    return f'<text {place} fill="{colour}"{more}>{escape(run.text)}</text>'


if __name__ == "__main__":
    PICTURE.write_text(drawn(session()), encoding="utf-8")
    print(f"written: {PICTURE}")
