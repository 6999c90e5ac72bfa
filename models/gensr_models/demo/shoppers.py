"""The people who use the shop: they have tastes, needs that follow from each other, and words of their own."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from .catalogue import Item, products, words

YEAR_START = 1704067200
"""2024-01-01 in seconds since 1970."""
DAY = 86_400

OWN_ACTIVITY = 0.72
"""Weight of the first of two activities."""
STRAY = 0.06
"""Share of sessions about an activity that is not the shopper's own: gifts and accidents."""
STEPS = {1: 0.58, 2: 0.14, 0: 0.13}
"""How far the next need is along the kit of the activity; otherwise it is any type of the activity."""
SEARCHES = 0.45
"""Share of needs that begin with a search; the others begin with looking around."""

QUERY_FORMS = {
    "{noun}": 24,
    "{quality} {noun}": 24,
    "{say} {noun}": 11,
    "{brand} {noun}": 9,
    "{modifier} {noun}": 8,
    "{brand} {model}": 6,
    "{colour} {noun}": 5,
    "{quality} {say} {noun}": 4,
    "{model} {noun}": 4,
    "vague": 5,
}
SLIPS = 0.02


@dataclass(frozen=True)
class Event:
    """One row of the events table; `item` is a place in the list of items."""

    user: int
    timestamp: int
    kind: str
    query: str
    item: int
    split: str


@dataclass
class Shopper:
    """Taste and state of one person."""

    number: int
    activities: list[str]
    level: int
    brands: dict[str, float]
    qualities: list[str]
    colour: str
    place: dict[str, int] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)
    liking: np.ndarray | None = None


class Shop:
    """The items as shoppers see them: shelves by type and activity, and what there is to like about each item."""

    def __init__(self, items: list[Item]):
        self.items = items
        shelves = defaultdict(list)
        for place, item in enumerate(items):
            for activity in item.activities:
                shelves[item.type, activity].append(place)
        self.shelves = {key: np.array(places) for key, places in shelves.items()}
        self.types = {
            activity: [kind for kind, other in self.shelves if other == activity] for activity in words()["activities"]
        }
        self.appeal = np.array([0.7 * np.log(item.popularity) - 1.5 * (not item.in_stock) for item in items])
        self.level = np.array([item.level for item in items])
        self.brand = np.array([item.brand for item in items])
        self.colour = np.array([item.colour for item in items])
        self.purpose = np.array([item.activities[0] for item in items])
        self.has = {
            quality: np.array([quality in item.qualities for item in items]) for quality in words()["qualities"]
        }

    def liking(self, shopper: Shopper) -> np.ndarray:
        """How well a shopper likes each item: popularity, price level, brand, qualities and colour together."""
        return (
            self.appeal
            - 1.0 * abs(self.level - shopper.level)
            + 2.0 * sum(weight * (self.brand == brand) for brand, weight in shopper.brands.items())
            + 0.8 * sum(self.has[quality] for quality in shopper.qualities)
            + 0.5 * (self.colour == shopper.colour)
        )

    def shelf(self, shopper: Shopper, kind: str, activity: str) -> tuple[np.ndarray, np.ndarray]:
        """The places of a shelf and how well the shopper likes each thing there for this activity."""
        if shopper.liking is None:
            shopper.liking = self.liking(shopper)
        places = self.shelves[kind, activity]
        return places, shopper.liking[places] + 0.6 * (self.purpose[places] == activity)

    def choose(self, rng: np.random.Generator, shopper: Shopper, kind: str, activity: str) -> int | None:
        """A thing of the shelf that the shopper has not touched yet; the better it is liked the more often."""
        places, values = self.shelf(shopper, kind, activity)
        new = np.array([place not in shopper.touched for place in places])
        if not new.any():
            return None
        shares = np.where(new, np.exp(values - values.max()), 0)
        return int(places[rng.choice(len(places), p=shares / shares.sum())])


def make_shopper(rng: np.random.Generator, number: int) -> Shopper:
    """A person with one or two activities, a price level, brands, qualities and a colour."""
    vocabulary = words()
    names = list(vocabulary["activities"])
    shares = np.array([vocabulary["activities"][name]["people"] for name in names])
    activities = [str(rng.choice(names, p=shares / shares.sum()))]
    if rng.random() < 0.55:
        near = vocabulary["activities"][activities[0]]["near"]
        others = near if rng.random() < 0.6 else [name for name in names if name not in activities]
        activities.append(str(rng.choice(others)))
    level = int(rng.choice([1, 2, 3], p=[0.35, 0.4, 0.25]))
    brands = list(vocabulary["brands"])
    fits = np.array([_brand_fit(vocabulary["brands"][brand], activities, level) for brand in brands])
    favourites = rng.choice(brands, 3, replace=False, p=fits / fits.sum())
    qualities = sorted({quality for product in products().values() for quality in product["style"]})
    common = np.array([sum(quality in product["style"] for product in products().values()) for quality in qualities])
    liked = rng.choice(qualities, 3, replace=False, p=common / common.sum())
    return Shopper(
        number=number,
        activities=activities,
        level=level,
        brands={str(brand): weight for brand, weight in zip(favourites, (1.0, 0.8, 0.6), strict=True)},
        qualities=[str(quality) for quality in liked],
        colour=str(rng.choice(list(vocabulary["colours"]))),
        place={name: int(rng.integers(len(vocabulary["activities"][name]["kit"]))) for name in names},
    )


def _brand_fit(brand: list, activities: list[str], level: int) -> float:
    known = sum((2.0, 1.0)[place] for place, name in enumerate(activities) if name in brand[1:])
    return (0.1 + known) * (1.0, 0.35, 0.1)[abs(brand[0] - level)]


def visit(rng: np.random.Generator, shop: Shop, shopper: Shopper) -> list[Event]:
    """All events of one person, in order: a year of sessions, then one search and one other event each to hold out.

    Items held out as valid or test are touched once only; they come after
    everything else.
    """
    events: list[Event] = []
    needs = 4 + int(rng.negative_binomial(1.6, 0.19))
    sessions = []
    while needs > 0:
        size = min(needs, int(rng.integers(1, 5)))
        activity = _session_activity(rng, shopper)
        sessions.append((_moment(rng, activity), activity, size))
        needs -= size
    for start, activity, size in sorted(sessions):
        now = max(start, events[-1].timestamp + 600 if events else 0)
        for _ in range(min(size, 40)):
            now = _need(rng, shop, shopper, activity, now, events)
    now = events[-1].timestamp if events else YEAR_START
    for split in ("valid", "test"):
        now += int(rng.integers(1, 12 * DAY))
        activity = _session_activity(rng, shopper)
        searches = [True, False]
        rng.shuffle(searches)
        for search in searches:
            item = None
            while item is None:
                kind = _next_type(rng, shop, shopper, activity)
                item = shop.choose(rng, shopper, kind, activity)
            name = "search" if search else str(rng.choice(["view", "buy", "like"], p=[0.5, 0.3, 0.2]))
            query = _query(rng, shopper, shop.items[item], activity) if search else ""
            now += int(rng.integers(20, 400))
            shopper.touched.add(item)
            events.append(Event(shopper.number, now, name, query, item, split))
    return events


def _session_activity(rng: np.random.Generator, shopper: Shopper) -> str:
    if rng.random() < STRAY:
        return str(rng.choice(list(words()["activities"])))
    if len(shopper.activities) == 1 or rng.random() < OWN_ACTIVITY:
        return shopper.activities[0]
    return shopper.activities[1]


def _moment(rng: np.random.Generator, activity: str) -> int:
    """A second of the year, mostly in the season of the activity, in waking hours."""
    month = words()["activities"][activity]["month"]
    day = int(rng.normal(30.4 * (month - 0.5), 45)) % 365 if rng.random() < 0.6 else int(rng.integers(365))
    hour = rng.choice([8, 12, 17, 20, 21], p=[0.12, 0.2, 0.2, 0.28, 0.2])
    return YEAR_START + day * DAY + int(hour) * 3600 + int(rng.integers(3600))


def _next_type(rng: np.random.Generator, shop: Shop, shopper: Shopper, activity: str) -> str:
    kit = words()["activities"][activity]["kit"]
    draw = rng.random()
    for step, share in STEPS.items():
        if draw < share:
            shopper.place[activity] = (shopper.place[activity] + step) % len(kit)
            return kit[shopper.place[activity]]
        draw -= share
    kind = str(rng.choice(shop.types[activity]))
    if kind in kit:
        shopper.place[activity] = kit.index(kind)
    return kind


def _need(rng: np.random.Generator, shop: Shop, shopper: Shopper, activity: str, now: int, events: list[Event]) -> int:
    """One need: a search for a thing, or a look at one or two; then perhaps a purchase, a like or a dislike."""
    kind = _next_type(rng, shop, shopper, activity)
    looks = 1 if rng.random() < 0.65 else 2
    for look in range(looks):
        item = shop.choose(rng, shopper, kind, activity)
        if item is None:
            return now
        places, values = shop.shelf(shopper, kind, activity)
        if rng.random() < 0.1:  # the shop pushes something
            item = int(rng.choice(places))
            if item in shopper.touched:
                continue
        shopper.touched.add(item)
        search = look == 0 and rng.random() < SEARCHES
        now += int(rng.integers(20, 400))
        query = _query(rng, shopper, shop.items[item], activity) if search else ""
        events.append(Event(shopper.number, now, "search" if search else "view", query, item, "train"))
        if rng.random() < 0.5:
            now += int(rng.integers(15, 240))
            good = values[np.searchsorted(places, item)] >= np.median(values)
            name = ("buy" if rng.random() < 0.6 else "like") if good else "dislike"
            events.append(Event(shopper.number, now, name, "", item, "train"))
    return now + int(rng.integers(30, 900))


def _query(rng: np.random.Generator, shopper: Shopper, item: Item, activity: str) -> str:
    """A query of a person who has this item in mind."""
    vocabulary = words()
    forms = list(QUERY_FORMS)
    shares = np.array(list(QUERY_FORMS.values()), dtype=float)
    form = forms[rng.choice(len(forms), p=shares / shares.sum())]
    if form == "vague":
        form = str(rng.choice(vocabulary["queries"]["vague"]))
    if "{modifier}" in form and not item.modifier:
        form = "{quality} {noun}"
    own = [quality for quality in item.qualities if quality in shopper.qualities]
    also = products()[item.type]["also"]
    text = form.format(
        noun=str(rng.choice(also)) if rng.random() < 0.28 else item.type,
        quality=str(rng.choice(own or list(item.qualities))),
        say=str(rng.choice(vocabulary["activities"][activity]["say"])),
        brand=item.brand.lower(),
        model=item.model.lower(),
        modifier=item.modifier,
        colour=item.colour,
        category=item.categories[0],
    )
    if rng.random() < SLIPS:
        for right, wrong in vocabulary["queries"]["slips"].items():
            text = text.replace(right, wrong)
    return text
