"""The demo: an outdoor shop that the project writes itself, with shoppers who search and buy in it.

Everything is invented and drawn from one seed. `generate` writes a data folder in the usual form.
"""

from .generate import generate

__all__ = ["generate"]
