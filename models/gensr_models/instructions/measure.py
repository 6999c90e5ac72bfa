"""Measures what instructions do to the recommendations of a pack: test events, answered by the engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gensr_models.data import TEST, Dataset
from gensr_models.engine import Ranked, ranked, write_tables
from gensr_models.instructions.phrases import Phrases, phrases
from gensr_models.instructions.pool import intent
from gensr_models.instructions.sayings import Texts, filled, spoken
from gensr_models.metrics import gains
from gensr_models.metrics.intervals import difference

TOP = 20
"""Length of the lists in which fitting items are counted."""
COMMON = 25
"""Kinds of thing that are asked for where steering is measured: the most common ones."""
ROUNDS = 3
"""Intents of each user there."""
TASK = "recommend"


def evaluate(dataset: Dataset, pack: Path, texts: Texts, most: int, seed: int, folder: Path) -> dict:
    """Recommendations of a pack without a word, with paraphrases of the task, and with intents.

    An intent for what is wanted names something of the held-out item; that tells what an intent is worth, and whether
    templates that were never trained on are understood. Steering asks for one of the most common kinds of thing,
    whatever is wanted.

    Args:
        dataset: its test events of the task are asked about.
        pack: with instructions, or without (it then reads an intent as a query).
        texts: paraphrases and templates.
        most: events that are asked about; a seeded sample of the users where there are more.
        seed: of the sample, of all intents, and of the bootstrap.
        folder: for tables and lists.

    Returns:
        Mean ndcg@10 and its paired difference to no word, and for steering the share of items that fit among the first
        20, without and with the intent; each with a 95 % interval over users.
    """
    known, rng = phrases(dataset.catalogue, texts.small()), np.random.default_rng(seed)
    places = dataset.targets(TASK, TEST)
    users = np.unique(dataset.events.user[places])
    if len(users) > most:
        users = np.sort(rng.choice(users, most, replace=False))
    places = places[np.isin(dataset.events.user[places], users)]
    item = dataset.events.item[places]
    named = np.array([len(known.of_items[i]) > 0 for i in item])

    def ask(intents: Mapping[int, str]) -> Ranked:
        write_tables(dataset, users, folder / "data", intents)
        found = ranked(dataset, folder / "data", pack, folder, tasks=(TASK,), top=TOP)[TASK]
        order = np.argsort(found.places)
        if not np.array_equal(found.places[order], places):
            raise ValueError("the engine did not answer every event")
        return Ranked(places, {k: v[order] for k, v in found.ranks.items()}, [found.tops[i] for i in order])

    def paraphrase(among: list[str]) -> dict[int, str]:
        return {int(p): spoken(among[rng.integers(len(among))], rng) for p in places}

    def naming(templates: list[str], seed: int) -> dict[int, str]:
        draws = np.random.default_rng(seed)
        return {
            int(p): intent(known, i, templates, draws) for p, i, has in zip(places, item, named, strict=True) if has
        }

    plain = ask({})
    user = dataset.events.user[places]
    figures: dict = {"events": len(places), "users": len(users), "phrases": len(known.texts), "ndcg@10": {}}
    said = {
        "paraphrase, trained": (paraphrase(texts.tasks.recommend.train), places >= 0),
        "paraphrase, held out": (paraphrase(texts.tasks.recommend.held_out), places >= 0),
        "intent, trained template": (naming(texts.intents.train, seed), named),
        "intent, held-out template": (naming(texts.intents.held_out, seed), named),
    }
    for name, (intents, counted) in said.items():
        ranks = ask(intents).ranks["default"]
        pair = np.stack([gains(plain.ranks["default"], 10), gains(ranks, 10)])[:, counted]
        figures["ndcg@10"][name] = _compared(pair, user[counted], seed)
    if len(known.texts):
        figures["steering"] = _steering(known, texts, places, user, plain, ask, rng, seed)
    return figures


def _steering(
    known: Phrases,
    texts: Texts,
    places: np.ndarray,
    user: np.ndarray,
    plain: Ranked,
    ask,
    rng: np.random.Generator,
    seed: int,
) -> dict:
    """Share of fitting items among the first: each event with several intents for common things, held-out templates."""
    common, shares = known.common(COMMON), []
    for _ in range(ROUNDS):
        chosen = rng.choice(common, len(places))
        templates = rng.choice(texts.intents.held_out, len(places))
        intents = {int(p): filled(t, known.texts[k]) for p, t, k in zip(places, templates, chosen, strict=True)}
        tops = ask(intents).tops
        fits = [
            [np.isin(top, known.fitting[k]).sum() / TOP for top in pair]
            for pair, k in zip(zip(plain.tops, tops, strict=True), chosen, strict=True)
        ]
        shares.append(np.array(fits).T)
    pair = np.concatenate(shares, axis=1)
    return {"intents": [known.texts[k] for k in common], **_compared(pair, np.tile(user, ROUNDS), seed)}


def _compared(pair: np.ndarray, user: np.ndarray, seed: int) -> dict:
    """Means of two rows [2, events], and how far the second is ahead, with intervals over users."""
    mean, interval = difference(pair[1], pair[0], user, seed)
    return {
        "none": round(float(pair[0].mean()), 4),
        "instructed": round(float(pair[1].mean()), 4),
        "ahead": round(mean, 4),
        "ahead_interval": [round(bound, 4) for bound in interval],
    }
