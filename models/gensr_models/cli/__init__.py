"""The `gensr-models` command line."""

# Imported for their commands, in the order of the help.
from gensr_models.cli import train, report, datasets, packs, research  # noqa: F401, I001
from gensr_models.cli.app import app

__all__ = ["app"]
