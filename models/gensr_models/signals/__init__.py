"""Sparse signals beside the network: neighbours of the history's items, words of the query, and their fusion."""
