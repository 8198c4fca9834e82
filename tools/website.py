"""Builds the website in build/website/site from docs/, the examples and the docstrings.

Warnings from the builder are errors. The pages are first copied to build/website, where links between pages are adapted
and the reference and example pages are added. `python tools/website.py --stage` does only that.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import Any

from reference import INTRODUCTIONS, reference_pages

ROOT = Path(__file__).resolve().parent.parent
STAGE = ROOT / "build" / "website"
SITE = STAGE / "site"
BUILDER = ROOT / ".venv-docs" / "bin" / "zensical"

OUTSIDE = {"CONTRIBUTING.md": "contributing.md", "SECURITY.md": "reporting.md", "CHANGELOG.md": "changelog.md"}
"""Pages outside of docs/, and their paths on the website."""

MENU: list[tuple[str, list[tuple[str, str]]]] = [
    ("Start", [
        ("odoochat", "index.md"),
        ("Five minutes", "start.md"),
        ("Tutorial: a bot", "tutorial.md"),
        ("Examples", "examples.md"),
    ]),
    ("How-to", [
        ("Library", "guide.md"),
        ("Bots", "bot.md"),
        ("Webhooks", "webhooks.md"),
        ("Message brokers", "relay.md"),
        ("Assistants (MCP)", "mcp.md"),
        ("Without async", "blocking.md"),
        ("Tests of your code", "testing.md"),
        ("Archive", "archive.md"),
        ("Many users", "pool.md"),
        ("Shell scripts", "shell.md"),
        ("Chat screen", "chat.md"),
        ("Log in", "howto/log-in.md"),
        ("nginx and other proxies", "howto/proxies.md"),
        ("Certificates", "howto/certificates.md"),
        ("Deploy with systemd or Docker", "howto/deploy.md"),
        ("Django and FastAPI", "howto/web-applications.md"),
        ("Migrate to odoochat", "howto/migrate.md"),
    ]),
    ("Reference", [
        *((title, f"reference/{page}.md") for page, (title, _) in INTRODUCTIONS.items()),
        ("Command line", "cli.md"),
        ("Keys", "keys.md"),
        ("Features by version", "features.md"),
        ("Log and metrics", "observability.md"),
    ]),
    ("How it works", [
        ("Reliability", "reliability.md"),
        ("Architecture", "architecture.md"),
        ("Modules", "modules.md"),
        ("Security", "security.md"),
        ("Benchmarks", "benchmarks.md"),
        ("Scale", "scale.md"),
        ("Odoo's protocol", "protocol/README.md"),
    ]),
    ("Help", [
        ("Troubleshooting", "troubleshooting.md"),
        ("Changelog", "changelog.md"),
        ("Contributing", "contributing.md"),
        ("Report a vulnerability", "reporting.md"),
    ]),
]  # fmt: skip
"""The menu. A page that is missing from it is added at the end of "How-to"; a page that does not exist is omitted."""

UNLISTED = ("protocol/",)
"""Folders whose pages are linked from a page of the menu."""


def example_pages() -> dict[str, str]:
    """Return the examples page: the docstring and the code of each example."""
    parts = [
        "# Examples",
        "",
        "Each file of the folder `examples` runs as it is. The tests run all of them against the sandbox.",
    ]
    for path in sorted((ROOT / "examples").glob("*.py")):
        code = path.read_text("utf-8")
        doc = ast.get_docstring(ast.parse(code)) or ""
        summary, _, rest = doc.partition("\n")
        rest = re.sub(r"^(ODOOCHAT_.*)$", r"```\n\1\n```", rest.strip(), flags=re.MULTILINE)
        body = re.sub(r'\A""".*?"""\n+', "", code, count=1, flags=re.DOTALL)
        parts += ["", f"## {path.name}", "", summary, "", rest, "", "```python", body.rstrip(), "```"]
    return {"examples.md": "\n".join(parts) + "\n"}


def sources() -> dict[str, str]:
    """Map the path of each published page in the repository to its path on the website."""
    pages = {
        p.relative_to(ROOT).as_posix(): p.relative_to(ROOT / "docs").as_posix() for p in (ROOT / "docs").rglob("*.md")
    }
    return pages | OUTSIDE | {"README.md": "index.md", "examples": "examples.md"}


def linked(text: str, page: str, pages: dict[str, str]) -> str:
    """Return the text of a page with links adapted to the website.

    A link to a repository file that is not on the website becomes plain text.

    Args:
        text: the Markdown text.
        page: path of the page in the repository.
        pages: see `sources`.
    """

    def link(found: re.Match[str]) -> str:
        label, target = found[1], found[2]
        if re.match(r"[a-z]+:|#", target):
            return found[0]
        name, sharp, anchor = target.partition("#")
        path = os.path.normpath(PurePosixPath(page).parent / name).replace(os.sep, "/")
        if path.startswith("examples/"):
            path, sharp, anchor = "examples", "#", path.removeprefix("examples/").replace(".", "").lower()
        if path not in pages:
            return found[0] if path.startswith("docs/") else label
        here = PurePosixPath(pages.get(page, page)).parent
        return f"[{label}]({os.path.relpath(pages[path], here).replace(os.sep, '/')}{sharp}{anchor})"

    fences = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(
        part if part.startswith("```") else re.sub(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)", link, part)
        for part in fences
    )


def stage() -> list[str]:
    """Write the website's sources.

    Returns:
        The paths of the pages.
    """
    shutil.rmtree(STAGE, ignore_errors=True)
    shutil.copytree(ROOT / "docs", STAGE / "pages")
    pages = sources()
    for page, place in pages.items():
        if place in ("examples.md", "index.md") and page != f"docs/{place}":
            continue
        target = STAGE / "pages" / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(linked((ROOT / page).read_text("utf-8"), page, pages), "utf-8")
    for place, text in {**reference_pages(), **example_pages()}.items():
        (STAGE / "pages" / place).parent.mkdir(parents=True, exist_ok=True)
        (STAGE / "pages" / place).write_text(text, "utf-8")
    written = sorted(p.relative_to(STAGE / "pages").as_posix() for p in (STAGE / "pages").rglob("*.md"))
    (STAGE / "mkdocs.yml").write_text(json.dumps(configuration(written), indent=1), "utf-8")  # JSON is YAML
    return written


def menu(pages: list[str]) -> list[dict[str, Any]]:
    """Return the menu in the form that the builder expects.

    Args:
        pages: the pages that exist.
    """
    listed = {page for _, entries in MENU for _, page in entries}
    more = [page for page in pages if page not in listed and not page.startswith(UNLISTED)]
    made: list[dict[str, Any]] = []
    for title, entries in MENU:
        found: list[dict[str, Any]] = [{name: page} for name, page in entries if page in pages]
        if title == "How-to":
            found += [{heading(page): page} for page in more]
        made.append({title: found})
    return made


def heading(page: str) -> str:
    """Return a page's title.

    Args:
        page: the page's path on the website.
    """
    return (STAGE / "pages" / page).read_text("utf-8").partition("\n")[0].removeprefix("# ")


def configuration(pages: list[str]) -> dict[str, Any]:
    """Return the builder's configuration.

    Args:
        pages: the pages that exist.
    """
    options = {
        "docstring_style": "google",
        "docstring_section_style": "list",
        "filters": ["!^_"],
        "heading_level": 2,
        "inherited_members": True,
        "members_order": "source",
        "separate_signature": True,
        "show_attribute_values": False,
        "show_bases": False,
        "show_if_no_docstring": True,
        "show_root_heading": True,
        "show_root_full_path": True,
        "show_signature_annotations": True,
        "show_source": False,
        "signature_crossrefs": True,
    }
    return {
        "site_name": "odoochat",
        "site_description": "The real-time client for Odoo Discuss in Python",
        "docs_dir": "pages",
        "site_dir": os.path.relpath(SITE, STAGE),
        "use_directory_urls": False,
        "nav": menu(pages),
        "theme": {
            "name": "material",
            "language": "en",
            "font": False,
            "features": [
                "content.code.copy", "navigation.footer", "navigation.indexes", "navigation.tabs", "navigation.top",
                "search.highlight", "toc.follow",
            ],
            "palette": [
                {"media": "(prefers-color-scheme: light)", "scheme": "default",
                 "toggle": {"icon": "lucide/sun", "name": "Switch to dark"}},
                {"media": "(prefers-color-scheme: dark)", "scheme": "slate",
                 "toggle": {"icon": "lucide/moon", "name": "Switch to light"}},
            ],
        },
        "extra": {"polyfills": ["assets/iframe-worker.js"], "generator": False},
        "plugins": [
            "search", "offline",
            {"mkdocstrings": {"handlers": {"python": {"paths": [str(ROOT / "src")], "options": options}}}},
        ],
        "markdown_extensions": [
            "admonition", "attr_list", "tables", "sane_lists",
            {"toc": {"permalink": True, "toc_depth": 3}},
            {"pymdownx.highlight": {"pygments_lang_class": True}},
            "pymdownx.inlinehilite", "pymdownx.details",
            {"pymdownx.superfences": {"custom_fences": [
                {"name": "mermaid", "class": "mermaid", "format": "pymdownx.superfences.fence_code_format"}]}},
        ],
    }  # fmt: skip


def main() -> int:
    """Build the website.

    Returns:
        0 if the website was built without warnings, otherwise 1.
    """
    pages = stage()
    if "--stage" in sys.argv:
        return 0
    shutil.rmtree(SITE, ignore_errors=True)
    command = [str(BUILDER), "build", "--strict", "--clean", "--config-file", str(STAGE / "mkdocs.yml")]
    environment = os.environ | {"PATH": f"{BUILDER.parent}{os.pathsep}{os.environ.get('PATH', '')}", "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=STAGE, capture_output=True, text=True, check=False, env=environment)
    output = done.stdout + done.stderr
    if done.returncode or re.search(r"\b(warning|error)\b", output, re.IGNORECASE):
        print(output, file=sys.stderr)
        return 1
    print(f"{len(pages)} pages: {SITE / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
