"""The sentence encoder: its graphs, and its vectors of the texts of a data set."""
