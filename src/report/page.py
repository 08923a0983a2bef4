"""The page as one HTML file, with styles, script, figures and images inside: it opens without a network."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from plotly.offline import get_plotlyjs

from src.report.style import Figure

HERE = Path(__file__).parent
SMALL = 360  # pixels; three figures that are lower stand side by side


@dataclass(frozen=True)
class Section:
    """A part of the page under a heading: `parts` are HTML, figures and images in the order in which they stand."""

    id: str
    title: str
    parts: Sequence["str | Figure | Image"]


@dataclass(frozen=True)
class Image:
    """A PNG with its title and what it shows."""

    title: str
    caption: str
    content: bytes


@dataclass
class Page:
    """Collects sections; `html` is the whole page."""

    title: str
    head: str  # HTML under the title
    sections: list[Section] = field(default_factory=list)

    def html(self) -> str:
        """One self-contained file."""
        figures: list[Figure] = []
        body = "\n".join(_section(section, figures) for section in self.sections)
        links = "".join(f'<a href="#{section.id}">{escape(section.title)}</a>' for section in self.sections)
        # In a script, HTML knows no escapes: only "<" must not occur.
        data = ",\n".join(str(figure.plot.to_json()).replace("<", "\\u003c") for figure in figures)
        return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>{escape(self.title)}</title>
<style>
{(HERE / "page.css").read_text(encoding="utf-8")}</style>
</head>
<body>
<main>
<header>
{self.head}
<nav aria-label="Sections">{links}</nav>
</header>
<noscript><p class="note">The figures are drawn by a script; without it the page shows its tables and images alone.</p></noscript>
{body}
<footer>Drawn from the records by Perceptron Lab. Intervals are 95 %.</footer>
</main>
<script>{get_plotlyjs()}</script>
<script type="application/json" id="figures">[{data}]</script>
<script>
{(HERE / "page.js").read_text(encoding="utf-8")}</script>
</body>
</html>
"""


def _section(section: Section, figures: list[Figure]) -> str:
    """A section's HTML; its figures are added to those that the script draws. Neighbouring figures share a grid."""
    pieces, is_open = [f'<section id="{section.id}">\n<h2>{escape(section.title)}</h2>'], False
    for part in section.parts:
        if isinstance(part, Figure) != is_open:
            is_open = not is_open
            pieces.append('<div class="figures">' if is_open else "</div>")
        if isinstance(part, Figure):
            pieces.append(_canvas(part, len(figures)))
            figures.append(part)
        else:
            pieces.append(_image(part) if isinstance(part, Image) else part)
    return "\n".join([*pieces, "</div>" * is_open, "</section>"])


def _canvas(figure: Figure, place: int) -> str:
    look = ' class="wide"' if figure.is_wide else ' class="small"' if figure.height < SMALL else ""
    title = escape(figure.title)
    canvas = f'<div class="canvas" id="figure-{place}" style="height:{figure.height}px" role="img" aria-label="{title}"></div>'
    return f"<figure{look}>\n<h3>{title}</h3>\n{canvas}\n<figcaption>{escape(figure.caption)}</figcaption>\n</figure>"


def _image(image: Image) -> str:
    source = base64.b64encode(image.content).decode()
    sheet = f'<div class="sheet" tabindex="0"><img src="data:image/png;base64,{source}" alt="{escape(image.caption)}"></div>'
    caption = f"<figcaption>{escape(image.caption)}</figcaption>"
    return f'<figure class="image">\n<h3>{escape(image.title)}</h3>\n{sheet}\n{caption}\n</figure>'
