"""Settings of the data, and the default meanings of event names."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from .dataset import ColumnType, Kind, Task


class KindSettings(BaseModel):
    """Meaning of one event name; fields that are left out keep their default."""

    model_config = ConfigDict(extra="forbid")

    task: Task | None = Field(
        default=None, description="what its events are examples of, in training and tests; none: history only"
    )
    sign: Literal[1, -1] | None = Field(
        default=None, description="1 liking, -1 disliking: never an example of what is wanted"
    )
    strength: float | None = Field(
        default=None, gt=0, le=1, description="what it weighs in a user's taste; training and tests do not ask for it"
    )


class DataSettings(BaseModel):
    """Meaning of the tables (docs/tables.md)."""

    model_config = ConfigDict(extra="forbid")

    kinds: dict[str, KindSettings] = Field(
        default={}, description="meaning of event names, in place of the defaults: {NAME: {task, sign, strength}}"
    )
    attributes: dict[str, ColumnType] = Field(
        default={}, description="types of columns of the items, in place of what the values suggest: {COLUMN: TYPE}"
    )
    ignore: list[str] = Field(default=[], description="columns of the items that are left out")


DEFAULT_KINDS = (
    Kind("recommend", "recommend", 1, 1.0),
    Kind("search", "search", 1, 1.0),
    Kind("view", "recommend", 1, 0.5),
    Kind("click", "recommend", 1, 0.5),
    Kind("like", "recommend", 1, 1.0),
    Kind("buy", "recommend", 1, 1.0),
    Kind("play", "recommend", 1, 1.0),
    Kind("cart", "recommend", 1, 1.0),
    Kind("rate", "recommend", 1, 1.0),
    Kind("dislike", "none", -1, 1.0),
    Kind("hide", "none", -1, 1.0),
)
"""Event names that need no settings. What is disliked is history, never an example of what to recommend."""

UNLISTED_STRENGTH = 0.25
"""Strength of an event name that is neither here nor in the settings. Its task is recommend, as that of the others."""


def meaning(name: str, settings: DataSettings) -> tuple[Kind, bool]:
    """The meaning of an event name, and whether anything was known about it."""
    known = {kind.name: kind for kind in DEFAULT_KINDS}
    base = known.get(name, Kind(name, "recommend", 1, UNLISTED_STRENGTH))
    given = settings.kinds.get(name)
    if given is None:
        return base, name in known
    sign = base.sign if given.sign is None else given.sign
    task = given.task if given.task is not None else base.task
    return Kind(name, task, sign, base.strength if given.strength is None else given.strength), True


def order(names: list[str]) -> list[str]:
    """Event names in the order of the defaults, then the others by name: the same for any order of rows."""
    places = {kind.name: place for place, kind in enumerate(DEFAULT_KINDS)}
    return sorted(names, key=lambda name: (places.get(name, len(places)), name))
