"""Forms that item rows may be stored in, from 32 bits a number to 16 bytes a row: what each costs and keeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gensr_models.pack.format import quantise_halves, quantise_rows, rows_of

CENTROIDS = 256
"""Of each part of a product quantiser: one byte a code."""
ROUNDS = 12
"""Of rotation and centroids in turn."""
LEARNED_FROM = 8_192
"""Most rows that a quantiser is fitted on, a seeded sample of more: 32 a centroid."""
CHUNK = 16_384
"""Rows that are coded at a time."""
STEPS = 8
"""Of k-means before the first rotation and after the last."""
PARTS = (64, 32, 16)


@dataclass(frozen=True)
class Form:
    """Rows in one form.

    Attributes:
        name: as the report says it.
        row_bytes: of one row, its scale included.
        shared_bytes: of what all rows share: centroids and rotation.
        rows: float32 [N, d], as they read back.
    """

    name: str
    row_bytes: int
    shared_bytes: int
    rows: np.ndarray

    def item_bytes(self) -> float:
        """Bytes an item, what is shared divided among all."""
        return self.row_bytes + self.shared_bytes / max(1, len(self.rows))

    def error(self, original: np.ndarray) -> float:
        """Squared error as a share of the squared norm of the rows."""
        return float(((self.rows - original) ** 2).sum() / max(1e-30, float((original**2).sum())))


def forms(rows: np.ndarray, seed: int = 0, parts: tuple[int, ...] = PARTS) -> list[Form]:
    """Rows [N, d] in every form, the largest first; a product quantiser whose parts do not divide d is left out."""
    rows = np.ascontiguousarray(rows, np.float32)
    width = rows.shape[1]
    found = [
        Form("f32", 4 * width, 0, rows),
        Form("f16", 2 * width, 0, rows.astype(np.float16).astype(np.float32)),
        Form("int8", width + 4, 0, rows_of(*quantise_rows(rows))),
        Form("int4", width // 2 + 4, 0, rows_of(*quantise_halves(rows))),
    ]
    for count in parts:
        if width % count == 0:
            quantiser = Quantiser.fit(rows, count, seed)
            found.append(Form(f"OPQ {count}", count, quantiser.bytes(), quantiser(rows)))
    return found


@dataclass(frozen=True)
class Quantiser:
    """Optimised product quantisation (Ge, He, Ke and Sun, CVPR 2013): a rotation, then a byte for each part of a row.

    Attributes:
        rotation: orthonormal [d, d]; rows are multiplied by it from the right.
        centroids: for each part [k, d / parts].
    """

    rotation: np.ndarray
    centroids: list[np.ndarray]

    @classmethod
    def fit(cls, rows: np.ndarray, parts: int, seed: int) -> Quantiser:
        """Learns rotation and centroids in turn, each the best for the other (their non-parametric solution).

        Args:
            rows: [N, d]; d is a multiple of `parts`.
            parts: bytes of a row.
            seed: of the first centroids.
        """
        rng = np.random.default_rng(seed)
        if len(rows) > LEARNED_FROM:
            rows = rows[np.sort(rng.choice(len(rows), LEARNED_FROM, replace=False))]
        rotation = _balanced(rows, parts)
        rotated = _split(rows @ rotation, parts)
        centroids = [_refined(part, _start(part, rng), STEPS) for part in rotated]
        for _ in range(ROUNDS):
            found = np.hstack([book[_nearest(part, book)] for part, book in zip(rotated, centroids, strict=True)])
            # The rotation that brings the rows closest to their codes: orthogonal Procrustes.
            left, _, right = np.linalg.svd(rows.T @ found)
            rotation = left @ right
            rotated = _split(rows @ rotation, parts)
            centroids = [_refined(part, book, 1) for part, book in zip(rotated, centroids, strict=True)]
        centroids = [_refined(part, book, STEPS) for part, book in zip(rotated, centroids, strict=True)]
        return cls(rotation, centroids)

    def codes(self, rows: np.ndarray) -> np.ndarray:
        """One byte for each part [N, parts]."""
        rotated = _split(rows @ self.rotation, len(self.centroids))
        found = [_nearest(part, book) for part, book in zip(rotated, self.centroids, strict=True)]
        return np.stack(found, axis=1).astype(np.uint8)

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Rows as they read back, float32 [N, d]."""
        codes = self.codes(rows)
        rotated = np.hstack([book[codes[:, place]] for place, book in enumerate(self.centroids)])
        return (rotated @ self.rotation.T).astype(np.float32)

    def bytes(self) -> int:
        """Of rotation and centroids in float32."""
        return 4 * (self.rotation.size + sum(book.size for book in self.centroids))


def _split(rows: np.ndarray, parts: int) -> list[np.ndarray]:
    return [np.ascontiguousarray(part) for part in np.split(rows, parts, axis=1)]


def _balanced(rows: np.ndarray, parts: int) -> np.ndarray:
    """Principal axes [d, d], dealt out so that every part has about the same product of variances."""
    variances, axes = np.linalg.eigh(rows.T @ rows / max(1, len(rows)))
    logs = np.log(np.maximum(variances, 1e-12))
    width, dealt, loads = len(logs) // parts, [[] for _ in range(parts)], np.zeros(parts)
    for axis in np.argsort(-logs):
        open_ones = [place for place in range(parts) if len(dealt[place]) < width]
        place = min(open_ones, key=lambda one: loads[one])
        dealt[place].append(int(axis))
        loads[place] += logs[axis] - logs.min()
    return axes[:, np.concatenate(dealt)]


def _start(part: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    distinct = np.unique(part, axis=0)
    return distinct[rng.choice(len(distinct), min(CENTROIDS, len(distinct)), replace=False)]


def _nearest(part: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """The nearest centroid of each row, by one matrix product: SciPy's `vq` takes several times as long here."""
    half = 0.5 * (centroids**2).sum(axis=1)
    chunks = [part[start : start + CHUNK] for start in range(0, len(part), CHUNK)]
    return np.concatenate([np.argmin(half - chunk @ centroids.T, axis=1) for chunk in chunks])


def _refined(part: np.ndarray, centroids: np.ndarray, steps: int) -> np.ndarray:
    """Some steps of k-means; a centroid that loses all its rows stays where it was."""
    for _ in range(steps):
        code = _nearest(part, centroids)
        counts = np.bincount(code, minlength=len(centroids))
        sums = np.stack([np.bincount(code, column, len(centroids)) for column in part.T], axis=1)
        means = (sums / np.maximum(counts, 1)[:, None]).astype(part.dtype)
        centroids = np.where(counts[:, None] > 0, means, centroids)
    return centroids
