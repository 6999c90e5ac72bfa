"""Checks of exports and packs, and the engine written a second time in NumPy."""
