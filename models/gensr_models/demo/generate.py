"""Writes the tables of the demo."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from .ambiguous import ambiguous_queries
from .catalogue import Item, make_items
from .shoppers import Event, Shop, make_shopper, visit

USERS = 4200


def generate(out: str | Path, seed: int = 7, users: int = USERS) -> dict[str, int]:
    """Writes `items.csv`, `events.csv` and `ambiguous.json` into a folder.

    Args:
        out: the folder; it is made where it does not exist.
        seed: the same seed gives the same files, and the same items for any number of users.
        users: how many shoppers there are.

    Returns:
        How many items, users, events and ambiguous queries there are.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    for_items, for_people, for_queries = (np.random.default_rng([seed, part]) for part in range(3))
    items = make_items(for_items)
    shop = Shop(items)
    events = [event for user in range(users) for event in visit(for_people, shop, make_shopper(for_people, user))]
    queries = ambiguous_queries(for_queries, items)
    _write(out / "items.csv", _ITEM_COLUMNS, map(_item_row, items))
    _write(out / "events.csv", _EVENT_COLUMNS, (_event_row(event, items) for event in events))
    (out / "ambiguous.json").write_text(json.dumps({"queries": queries}, indent=1) + "\n", encoding="utf-8")
    return {"items": len(items), "users": users, "events": len(events), "ambiguous queries": len(queries)}


_ITEM_COLUMNS = ["item_id", "title", "text", "categories"]
_ITEM_COLUMNS += ["brand", "price", "rating", "colour", "activities", "released", "in_stock"]
_EVENT_COLUMNS = ["user_id", "timestamp", "kind", "query", "item_id", "split"]


def _item_row(item: Item) -> list[str]:
    return [
        item.id,
        item.title,
        item.text,
        "|".join(item.categories),
        item.brand,
        f"{item.price:.2f}",
        f"{item.rating:.1f}",
        item.colour,
        "|".join(item.activities),
        item.released.isoformat(),
        str(item.in_stock).lower(),
    ]


def _event_row(event: Event, items: list[Item]) -> list[str]:
    user = f"u{event.user + 1:04d}"
    return [user, str(event.timestamp), event.kind, event.query, items[event.item].id, event.split]


def _write(path: Path, columns: list[str], rows: Iterable[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
