"""Instruction tuning (arXiv 2504.06714): a trained network learns to read an intent in words, beside task and query."""
