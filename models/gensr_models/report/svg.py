"""Matplotlib figures as SVG that lives in a page: its text is text, its colours and its font are the page's."""

from __future__ import annotations

import io
from collections.abc import Callable
from xml.etree import ElementTree

import matplotlib
from markupsafe import Markup
from matplotlib.figure import Figure

INK, MUTED, RULE, OURS, OTHER, SECOND, FAINT = (f"#0a0b0{place}" for place in range(1, 8))
"""Placeholders of colours by meaning; the style sheet defines them for light and dark pages."""
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

NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))

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
            figure.savefig(written, format="svg", transparent=True, metadata=NO_METADATA)
        parts.append(f'<div class="{kind}">{_inline(written.getvalue(), width, height)}</div>')
    return Markup("".join(parts))  # made here alone; matplotlib escapes what it is given as text


def _inline(svg: str, width: float, height: float) -> str:
    """Without prologue, comments, metadata, names of groups, fonts and styles for the whole page."""
    root = ElementTree.fromstring(svg)
    size = {"viewBox": f"0 0 {width:g} {height:g}", "width": f"{width:g}", "height": f"{height:g}"}
    root.attrib = size | {"aria-hidden": "true"}
    for parent in list(root.iter()):
        for child in list(parent):
            if _name(child.tag) in ("metadata", "style"):
                parent.remove(child)
    for element in root.iter():
        element.tag = _name(element.tag)
        # Nothing refers to groups, and their names would not be unique on a page of several pictures.
        drop = {"id"} if element.tag == "g" else set()
        element.attrib = {_name(k): _coloured(v) for k, v in element.attrib.items() if k not in drop}
        if element.get("transform", "").startswith(("rotate(0 ", "rotate(-0 ")):
            del element.attrib["transform"]
        if style := element.get("style"):
            element.set("style", "; ".join(d for d in style.split("; ") if not d.startswith("font-family:")))
        if not (element.text or "").strip():
            element.text = None
        element.tail = None
    return ElementTree.tostring(root, encoding="unicode")


def _name(tag: str) -> str:
    """The local name of a tag or an attribute: in HTML the namespace goes without saying."""
    return tag.rpartition("}")[2]


def _coloured(value: str) -> str:
    for colour, variable in VARIABLES.items():
        value = value.replace(colour, f"var(--{variable})")
    return value
