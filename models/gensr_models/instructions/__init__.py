"""Instruction tuning (arXiv 2504.06714): a trained network learns to be told things in words, beside task and query."""
