"""The things that the shop sells: titles, descriptions and attributes, put together from invented words."""

import datetime
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import yaml

PER_WEIGHT = 10
"""Items of a type and activity for each unit of the type's `weight` in products.yaml."""

BRAND_SHARES = (5.0, 3.0, 0.3)
"""How likely a thing is of a brand known for its activity, known for it too, or known for others."""

PRICE_BANDS = {1: (0.0, 0.4), 2: (0.3, 0.72), 3: (0.6, 1.0)}
"""Part of a type's price range that belongs to each price level."""

FIRST_DAY = datetime.date(2019, 1, 1)
DAYS = 5 * 365


@cache
def words() -> dict:
    """Brands, names and phrases: words.yaml."""
    return yaml.safe_load(files(__package__).joinpath("words.yaml").read_text(encoding="utf-8"))


@cache
def products() -> dict:
    """The types of things: products.yaml."""
    return yaml.safe_load(files(__package__).joinpath("products.yaml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Item:
    """One thing. `level`, `qualities` and `popularity` are seen only by the shoppers of the simulation."""

    id: str
    title: str
    text: str
    categories: tuple[str, ...]
    activities: tuple[str, ...]
    type: str
    brand: str
    model: str
    modifier: str
    colour: str
    qualities: tuple[str, ...]
    price: float
    rating: float
    released: datetime.date
    in_stock: bool
    level: int
    popularity: float


def make_items(rng: np.random.Generator) -> list[Item]:
    """All items, in random order; the first activity of each is the one it is made for."""
    titles: set[str] = set()
    drafts = []
    for kind, product in products().items():
        for activity in product["for"]:
            count = max(4, round(product["weight"] * PER_WEIGHT * rng.uniform(0.9, 1.2)))
            drafts += [_draft(rng, kind, product, activity, titles) for _ in range(count)]
    return [Item(id=f"g{number:04d}", **drafts[at]) for number, at in enumerate(rng.permutation(len(drafts)), 1)]


def _draft(rng: np.random.Generator, kind: str, product: dict, activity: str, titles: set[str]) -> dict:
    vocabulary = words()
    brand, modifier, model, title = _title(rng, kind, product, activity, titles)
    activities = (activity, *_further_activities(rng, product, activity))
    qualities = tuple(_some(rng, product["style"], 2 if rng.random() < 0.6 else 3))
    level = int(np.clip(vocabulary["brands"][brand][0] + rng.choice([-1, 0, 1], p=[0.1, 0.8, 0.1]), 1, 3))
    low, high = product["price"]
    place = rng.uniform(*PRICE_BANDS[level])
    merit = rng.normal(0.15 * (level - 2), 1)
    colours = list(vocabulary["colours"])
    shares = np.array(list(vocabulary["colours"].values()))
    colour = colours[rng.choice(len(colours), p=shares / shares.sum())]
    draft = {
        "title": title,
        "categories": (product["category"], kind),
        "activities": activities,
        "type": kind,
        "brand": brand,
        "model": model,
        "modifier": modifier,
        "colour": colour,
        "qualities": qualities,
        "price": round(low + (high - low) * place) - 0.05,
        "rating": round(float(np.clip(4.0 + 0.4 * merit, 2.3, 4.9)), 1),
        "released": FIRST_DAY + datetime.timedelta(days=int(rng.integers(DAYS))),
        "in_stock": bool(rng.random() < 0.93),
        "level": level,
        "popularity": float(np.exp(rng.normal(0.35 * merit, 0.8))),
    }
    return draft | {"text": _text(rng, product, draft)}


def _title(
    rng: np.random.Generator, kind: str, product: dict, activity: str, titles: set[str]
) -> tuple[str, str, str, str]:
    vocabulary = words()
    brands = list(vocabulary["brands"])
    shares = np.array([_share(vocabulary["brands"][brand], activity) for brand in brands])
    while True:
        brand = brands[rng.choice(len(brands), p=shares / shares.sum())]
        # A brand calls the things of one line by one name: every brand draws from its own stretch of the names.
        start = brands.index(brand) * 31
        model = vocabulary["models"][(start + int(rng.integers(40))) % len(vocabulary["models"])]
        modifier = str(rng.choice(product["for"][activity])) if rng.random() < 0.55 else ""
        parts = [brand, model, modifier.title(), kind.title()]
        if "sizes" in product:
            parts.append(str(rng.choice(product["sizes"])))
        title = " ".join(part for part in parts if part)
        if title not in titles:
            titles.add(title)
            return brand, modifier, model, title


def _share(brand: list, activity: str) -> float:
    known = brand[1:]
    return BRAND_SHARES[known.index(activity)] if activity in known else BRAND_SHARES[-1]


def _further_activities(rng: np.random.Generator, product: dict, activity: str) -> list[str]:
    near = [other for other in words()["activities"][activity]["near"] if other in product["for"]]
    return [str(rng.choice(near))] if near and rng.random() < 0.3 else []


def _some(rng: np.random.Generator, values: list[str], count: int) -> list[str]:
    return [values[at] for at in rng.permutation(len(values))[:count]]


def _text(rng: np.random.Generator, product: dict, draft: dict) -> str:
    """One or two sentences that say what the thing is for, what it has and what it is like."""
    vocabulary = words()
    qualities, activities = draft["qualities"], draft["activities"]
    feature, feature2 = _some(rng, vocabulary["features"][product["group"]], 2)
    parts = [f"{product['of']} of" if "of" in product else "", draft["modifier"], draft["type"]]
    blanks = {
        "a": f"{'an' if qualities[0][0] in 'aeiou' else 'a'} {qualities[0]}",
        "quality1": qualities[0],
        "noun": " ".join(part for part in parts if part),
        "scene": str(rng.choice(vocabulary["activities"][activities[0]]["scenes"])),
        "feature": feature,
        "feature2": feature2,
        "activity": _called(activities[0]),
        "second": _called(activities[-1]),
        "brand": draft["brand"],
        "colour": draft["colour"],
    }

    first = str(rng.choice(vocabulary["first"]))
    # The first quality stands before the noun, each other one is good for one clause.
    others = list(qualities[1:])
    seconds = [text for text in vocabulary["second"] if "{second}" not in text or len(activities) > 1]
    if "{quality}" in first and len(others) < 2:
        seconds = [text for text in seconds if "{quality}" not in text]
    sentences = []
    for text in (first, str(rng.choice(seconds))):
        clause = str(rng.choice(vocabulary["qualities"][others.pop(0)])) if "{quality}" in text else ""
        sentences.append(text.format(**blanks, quality=clause))
    return " ".join(sentence[0].upper() + sentence[1:] for sentence in sentences if sentence)


def _called(activity: str) -> str:
    return words()["activities"][activity].get("called", activity)
