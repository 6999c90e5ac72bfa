"""A tiny shop: a few dozen items, users of two tastes, and a sentence encoder with random weights."""

import csv
import json
from pathlib import Path

import numpy as np

ADJECTIVES = ["red", "blue", "light", "warm", "dry", "fast"]
NOUNS = ["jacket", "tent", "stove", "pack", "boot", "lamp", "rope", "map", "cup", "bag"]


def write_data(folder: Path, users: int = 60, events: int = 14, seed: int = 3) -> Path:
    """Tables with searches, views and dislikes; a user likes nouns of one half of the shop."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    items = [(f"i{n}-{a}", f"{adj} {noun}", noun) for n, noun in enumerate(NOUNS) for a, adj in enumerate(ADJECTIVES)]
    with (folder / "items.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["item_id", "title", "text", "categories", "price"])
        for i, (item, title, noun) in enumerate(items):
            writer.writerow([item, title, f"a {title} for every day", f"{noun}s|gear", 5 + i])
    with (folder / "events.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["user_id", "timestamp", "kind", "query", "item_id"])
        for user in range(users):
            liked = np.arange(30) + 30 * (user % 2)
            time = 1_700_000_000 + user * 1000
            for item in rng.choice(liked, events, replace=False):
                time += int(rng.integers(10, 100_000))
                kind = rng.choice(["view", "search", "buy", "dislike"], p=[0.45, 0.35, 0.15, 0.05])
                query = items[item][1].split()[rng.integers(2)] if kind == "search" else ""
                writer.writerow([f"u{user}", time, kind, query, items[item][0]])
    return folder


def write_encoder(folder: Path, width: int = 32) -> Path:
    """A sentence encoder with random weights in the layout of a Hugging Face folder."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel

    folder.mkdir(parents=True, exist_ok=True)
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)] + list("0123456789")
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *ADJECTIVES, *NOUNS, *letters, *(f"##{x}" for x in letters)]
    tokenizer = Tokenizer(models.WordPiece({p: i for i, p in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=width,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def write_settings(path: Path, encoder: Path | None, epochs: int) -> Path:
    """Settings of a build that takes seconds."""
    text = {"encoder": "minilm", "folder": str(encoder), "width": 32} if encoder else {"encoder": "static"}
    settings = {"name": "tiny", "text": text, "training": {"epochs": epochs, "batch_events": 256}}
    path.write_text(json.dumps(settings))  # JSON is YAML
    return path
