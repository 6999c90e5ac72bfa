"""The network: items in two views, history encoders, decoder, judge."""

from gensr_models.model.items import ItemTable, Words
from gensr_models.model.judge import Judge, Prefix
from gensr_models.model.network import Design, Network, Sequence, Shape

__all__ = ["Design", "ItemTable", "Judge", "Network", "Prefix", "Sequence", "Shape", "Words"]
