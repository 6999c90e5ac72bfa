"""The network: items in two views, history encoders, decoder."""

from gensr_models.model.items import ItemTable, Words
from gensr_models.model.network import Design, Network, Sequence, Shape

__all__ = ["Design", "ItemTable", "Network", "Sequence", "Shape", "Words"]
