"""Matplotlib figures as SVG that lives in a page: its text is text, its colours and its font are the page's."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import matplotlib
from markupsafe import Markup
from matplotlib.figure import Figure

INK, MUTED, RULE, OURS, OTHER, SECOND, FAINT = (f"#0a0b0{place}" for place in range(1, 8))
"""Colours by what they mean. Nobody sees these values: the style sheet says what they are by day and by night."""
VARIABLES = {
    INK: "ink",
    MUTED: "muted",
    RULE: "rule",
    OURS: "ours",
    OTHER: "other",
    SECOND: "second",
    FAINT: "faint",
}
WIDE, NARROW = 720, 344
"""Width of a picture in pixels, on a desk and on a phone: each is drawn twice, its text as large both times."""

STYLE = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 12,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.titlecolor": INK,
    "axes.labelsize": 11.5,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": RULE,
    "axes.linewidth": 1,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "x",
    "grid.color": RULE,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 11,
    "ytick.labelsize": 12,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "xtick.minor.bottom": False,
    "lines.solid_capstyle": "round",
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.wspace": 0.06,
    "figure.constrained_layout.hspace": 0.06,
}


def picture(name: str, draw: Callable[[bool], tuple[Figure, float]]) -> Markup:
    """A picture in both widths, of which the style sheet shows one.

    Args:
        name: unique in the page.
        draw: from "for a phone" to the figure and its height in pixels.
    """
    parts = []
    for narrow in (False, True):
        kind, width = ("narrow", NARROW) if narrow else ("wide", WIDE)
        with matplotlib.rc_context({**STYLE, "svg.hashsalt": f"{name}-{kind}"}):
            figure, height = draw(narrow)
            figure.set_size_inches(width / 72, height / 72)
            written = io.StringIO()
            figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
        parts.append(f'<div class="{kind}">{_inline(written.getvalue(), width, height)}</div>')
    return Markup("".join(parts))  # made here alone; matplotlib escapes what it is given as text


def _inline(svg: str, width: float, height: float) -> str:
    """Without prologue, metadata, names of groups and styles for the whole page."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, count=1, flags=re.DOTALL)
    svg = re.sub(r"<style.*?</style>", "", svg, count=1, flags=re.DOTALL)
    head = f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" aria-hidden="true">'
    svg = head + svg[svg.index(">") + 1 :]
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg).replace("xlink:href=", "href=")
    svg = re.sub(r" ?font-family: [^;\"]*;?", "", svg)
    svg = re.sub(r' transform="rotate\(-?0 [^"]*\)"', "", svg)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    return re.sub(r"\s*\n\s*", " ", svg)
