"""From the trained network to the graphs that ship."""
