"""Ranking metrics with one relevant item a query. Ranks start at 0; they may be [queries] or [runs, queries]."""

from __future__ import annotations

import numpy as np


def ahead(scores, bar):
    """Where scores count as above `bar`; ties and NaN do. Arrays of NumPy or PyTorch."""
    return ~(scores < bar)


def recall(ranks: np.ndarray, k: int) -> float:
    """Share of queries whose item is among the first k."""
    return float((ranks < k).mean()) if len(ranks) else 0.0


def gains(ranks: np.ndarray, k: int) -> np.ndarray:
    """For each query 1 / log2(rank + 2) where the item is among the first k, else 0 (the ideal is 1)."""
    return np.where(ranks < k, 1 / np.log2(ranks + 2.0), 0.0)


def ndcg(ranks: np.ndarray, k: int) -> float:
    """Mean gain."""
    return float(gains(ranks, k).mean()) if len(ranks) else 0.0


def summary(ranks: np.ndarray) -> dict[str, float]:
    """Recall and ndcg at 5 and 10, and the number of queries."""
    figures = {
        f"{name}@{k}": round(f(ranks, k), 6) for k in (5, 10) for name, f in (("recall", recall), ("ndcg", ndcg))
    }
    return {**figures, "users": ranks.shape[-1]}
