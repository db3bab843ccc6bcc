"""A few words of SVG, written as text. Pure.

Looks stand as presentation attributes: a page whose policy allows no inline styles shows them, and so does a
printer that gives a drawing none of the page's style sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from markupsafe import Markup

Look = Mapping[str, str]
"""Presentation attributes, as `stroke` and `fill`."""

HATCH = "hatch"
_HATCHED = (
    '<defs><pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<path d="M0 6L6 0" stroke="#777" stroke-width="0.8"/></pattern></defs>'
)


class Drawing:
    """One drawing of `width` by `height` units; `name` is unique on its page, `title` says what it shows."""

    def __init__(self, name: str, width: float, height: float, title: str) -> None:
        """Begin with nothing on it but the pattern of what is missing."""
        self.name, self.width, self.height, self._title = name, width, height, title
        self._parts = [_HATCHED.format(name=f"{HATCH}-{escape(name)}")]

    @property
    def hatched(self) -> Look:
        """Filled with lines, as what was not measured is."""
        return {"fill": f"url(#{HATCH}-{self.name})", "stroke": "none"}

    def line(self, x1: float, y1: float, x2: float, y2: float, look: Look) -> None:
        """A straight line."""
        self._parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"{_written(look)}/>')

    def box(self, x: float, y: float, width: float, height: float, look: Look) -> None:
        """A rectangle; too narrow to see is made as wide as a hair."""
        size = f'width="{max(width, 0.6):.1f}" height="{height:.1f}"'
        self._parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" {size}{_written(look)}/>')

    def way(self, points: Iterable[tuple[float, float]], look: Look) -> None:
        """Straight lines from point to point; one point alone is a dot."""
        found = [f"{x:.1f} {y:.1f}" for x, y in points]
        if len(found) == 1:
            found *= 2
        self._parts.append(f'<path d="M{"L".join(found)}"{_written(look)}/>')

    def words(self, x: float, y: float, text: str, look: Look) -> None:
        """Text, its base line at `y`."""
        self._parts.append(f'<text x="{x:.1f}" y="{y:.1f}"{_written(look)}>{escape(text)}</text>')

    def drawn(self) -> Markup:
        """The drawing as an `svg` element, which has its title for those who do not see."""
        title = escape(self._title)
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}" '
            f'width="{self.width:g}" height="{self.height:g}" font-family="sans-serif" font-size="9" '
            f'role="img" aria-label="{title}"><title>{title}</title>'
        )
        return Markup(head + "".join(self._parts) + "</svg>")  # noqa: S704 - its parts are escaped as they come


def _written(look: Look) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in look.items())
