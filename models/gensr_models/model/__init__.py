"""The network: items in two views, history encoders, decoder."""

from gensr_models.model.item_table import ItemTable, Words
from gensr_models.model.network import Network, Sequence, Shape

__all__ = ["ItemTable", "Network", "Sequence", "Shape", "Words"]
