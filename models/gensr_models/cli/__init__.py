"""The `gensr-models` command line."""

from gensr_models.cli import train, tables, packs, claims  # noqa: F401, I001 (their commands, in the order of the help)
from gensr_models.cli.app import app

__all__ = ["app"]
