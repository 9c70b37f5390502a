"""The help texts as pages: Markdown read once when the process starts, without raw HTML, links between the texts as links between the pages."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

FIRST = "index"


@dataclass(frozen=True)
class Topic:
    """One help text: its name in addresses, its heading, and its page."""

    name: str
    heading: str
    page: Markup


def help_folder() -> Path:
    """Return the folder with the texts: beside this file when installed, in `docs` of a checkout otherwise."""
    installed = Path(__file__).with_name("texts")
    return installed if installed.is_dir() else Path(__file__).parents[3] / "docs" / "help"


def read_topics(folder: Path) -> dict[str, Topic]:
    """Return the texts of a folder by name, the first one first and the others by heading."""
    topics = [topic_of(path) for path in folder.glob("*.md")]
    return {topic.name: topic for topic in sorted(topics, key=lambda one: (one.name != FIRST, one.heading))}


def topic_of(path: Path) -> Topic:
    """Return a text as a page; its first line is its heading."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(path.read_text(encoding="utf-8"))
    for token in tokens:
        for inner in token.children or ():
            lead_to_pages(inner)
    heading = next(tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open")
    # Raw HTML is escaped by the parser and the texts are ours, so what it renders is safe to show.
    return Topic(path.stem, heading, Markup(parser.renderer.render(tokens, parser.options, {})))  # noqa: S704


def lead_to_pages(token: Token) -> None:
    """Let a link to another text, as `imports.md`, lead to its page."""
    to = PurePosixPath(str(token.attrs.get("href", "")))
    if token.type == "link_open" and to.suffix == ".md" and len(to.parts) == 1:
        token.attrs["href"] = "/help" if to.stem == FIRST else f"/help/{to.stem}"
