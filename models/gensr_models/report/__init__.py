"""`gensr-models report`: one HTML page about a built pack, complete in itself."""

from gensr_models.report.page import render
from gensr_models.report.sources import Asked, Sources, gather

__all__ = ["Asked", "Sources", "gather", "render"]
