"""Builds the wheel and the sdist, checks both, and tries the wheel in clean environments; prints their sizes.

Runs in the environment of the dependency group "package". Needs a package index.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

LIBRARY = """
import importlib.metadata, pathlib, odoochat
assert (pathlib.Path(odoochat.__file__).parent / "py.typed").exists()
assert importlib.metadata.version("odoochat") == odoochat.__version__
for name in odoochat.__all__:
    getattr(odoochat, name)
try:
    import cyclopts
except ImportError:
    pass
else:
    raise SystemExit("the library alone installs the command line")
"""

BOT = """
import asyncio
from datetime import UTC, datetime
from odoochat.bot import Bot, BotTester, EventContext
bot = Bot(tz="Europe/Berlin")
@bot.command
async def double(number: int) -> str:
    return str(2 * number)
@bot.cron("30 9 * * *")
async def morning(ctx: EventContext) -> None:
    await ctx.send("general", "Good morning!")
async def main():
    async with BotTester(bot, now=datetime(2030, 1, 1, 8, tzinfo=UTC)) as tester:
        assert await tester.say("/double 21") == ["42"]
        assert await tester.advance(hours=1) == ["Good morning!"]
asyncio.run(main())
"""


class Failed(Exception):
    """Raised when a package is not as expected."""


def run(*command: str | Path, code: int = 0, folder: Path = ROOT) -> str:
    """Run a program and return what it prints.

    Args:
        command: the program and its arguments.
        code: the expected exit code.
        folder: the folder to run it in.

    Raises:
        Failed: the program ended with a different exit code.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ODOOCHAT_", "PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != code:
        raise Failed(f"{' '.join(map(str, command))} ended with {done.returncode}, not {code}:\n{done.stdout}")
    return done.stdout


def build() -> tuple[Path, Path]:
    """Build the sdist, and the wheel from it.

    Returns:
        The wheel and the sdist.
    """
    shutil.rmtree(DIST, ignore_errors=True)
    run(sys.executable, "-m", "build", "--outdir", DIST)
    (wheel,), (sdist,) = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
    run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist)
    return wheel, sdist


def check_contents(wheel: Path, sdist: Path) -> None:
    """Compare the files of both with the expected ones.

    Args:
        wheel: the wheel.
        sdist: the sdist.

    Raises:
        Failed: a file is missing or unexpected.
    """
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {p.relative_to(ROOT / "src").as_posix() for p in (ROOT / "src" / "odoochat").rglob("*") if p.is_file()}
    wanted = {name for name in sources if "__pycache__" not in name}
    if missing := wanted - names:
        raise Failed(f"the wheel lacks {', '.join(sorted(missing))}")
    allowed = {name for name in names if ".dist-info/" in name or name.endswith(".data/data/share/man/man1/odoochat.1")}
    if more := names - wanted - allowed:
        raise Failed(f"the wheel has unexpected files: {', '.join(sorted(more))}")
    if not any(name.endswith("odoochat.1") for name in names):
        raise Failed("the wheel lacks the man page")
    with tarfile.open(sdist) as archive:
        parts = {name.partition("/")[2].partition("/")[0] for name in archive.getnames()}
    if missing := {"src", "tests", "docs", "examples", "packaging", "README.md", "LICENSE"} - parts:
        raise Failed(f"the sdist lacks {', '.join(sorted(missing))}")


def size_of(environment: Path) -> tuple[float, int]:
    """Return the size in MB and the number of packages of an environment, excluding pip.

    Args:
        environment: the environment.
    """
    (site,) = environment.glob("lib/python*/site-packages")
    own = ("pip", "setuptools", "_distutils", "distutils", "__pycache__")
    files = [
        p
        for each in site.iterdir()
        if not each.name.startswith(own)
        for p in (each.rglob("*") if each.is_dir() else [each])
    ]
    size = sum(p.stat().st_size for p in files if p.is_file() and "__pycache__" not in p.parts)
    packages = [p for p in site.glob("*.dist-info") if not p.name.startswith(own)]
    return size / 1e6, len(packages)


def try_wheel(wheel: Path, folder: Path) -> list[str]:
    """Install the wheel with pip in a clean environment, first alone, then with its extras, and use each.

    Args:
        wheel: the wheel.
        folder: an empty folder.

    Returns:
        Lines with the sizes.

    Raises:
        Failed: something does not work.
    """
    environment = folder / "environment"
    run(sys.executable, "-m", "venv", environment)
    python, command = environment / "bin" / "python", environment / "bin" / "odoochat"
    sizes = []

    def install(extras: str) -> None:
        run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", f"{wheel}{extras}", folder=folder)
        run(python, "-m", "pip", "check", folder=folder)
        size, packages = size_of(environment)
        sizes.append(f"odoochat{extras or ' alone':<12} {size:6.1f} MB in {packages} packages")

    install("")
    run(python, "-W", "error", "-c", LIBRARY, folder=folder)
    if not (environment / "share" / "man" / "man1" / "odoochat.1").exists():
        raise Failed("the man page is not installed")
    message = run(command, "--version", code=2, folder=folder)
    if "odoochat[cli]" not in message:
        raise Failed(f"without the command line, `odoochat` does not say what to install: {message}")
    install("[bot]")
    run(python, "-W", "error", "-c", BOT, folder=folder)
    install("[bot,cli]")
    run(command, "--version", folder=folder)
    run(command, "bot", "--help", folder=folder)
    run(python, "-m", "odoochat", "channels", "--help", folder=folder)
    install("[all]")
    run(command, "demo", "--steps", folder=folder)
    for extra in SETTINGS["project"]["optional-dependencies"]:
        if f"Provides-Extra: {extra}" not in run(
            python, "-c", "import importlib.metadata as m; print(m.metadata('odoochat'))"
        ):
            raise Failed(f"the wheel has no extra {extra}")
    return sizes


def main() -> int:
    """Build, check and try the packages.

    Returns:
        0 if everything works, otherwise 1.
    """
    try:
        wheel, sdist = build()
        check_contents(wheel, sdist)
        with tempfile.TemporaryDirectory(prefix="odoochat-package-") as folder:
            sizes = try_wheel(wheel, Path(folder))
            tool = [sys.executable, "-m", "uv", "tool", "run", "--from", f"{wheel}[cli]", "odoochat", "--version"]
            version = run(*tool, folder=Path(folder)).split()[-1]
    except Failed as error:
        print(f"package: {error}", file=sys.stderr)
        return 1
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.2f} MB; {sdist.name}: {sdist.stat().st_size / 1e6:.2f} MB")
    print("\n".join(sizes))
    print(f"uv tool run: odoochat {version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
