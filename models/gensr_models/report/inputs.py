"""Schemas of the files that a report is given; further fields are ignored."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from gensr_models.report.built import ReportError, read_json

TaskName = Literal["recommend", "search"]
Interval = tuple[float, float]


class _Part(BaseModel):
    model_config = ConfigDict(populate_by_name=True, allow_inf_nan=False)


class Quality(_Part):
    """Of one system in one way of ranking."""

    recall: float = Field(alias="recall@10")
    ndcg: float = Field(alias="ndcg@10")
    users: int


class Sure(_Part):
    """How sure a figure is, and how far the pack is ahead of the system."""

    interval: Interval
    ahead: float | None = None
    ahead_interval: Interval | None = None


class System(_Part):
    """A baseline or a pack, in the output of `gensr-models evaluate --json`."""

    model_config = ConfigDict(populate_by_name=True, allow_inf_nan=False, extra="allow")
    default: Quality
    plain: Quality
    intervals: dict[Literal["recall@10", "ndcg@10"], Sure]
    packs: list[str] | None = None

    def tuned(self) -> dict:
        """The tuned settings."""
        return {name: value for name, value in (self.model_extra or {}).items() if not isinstance(value, dict)}


class Figures(RootModel[dict[TaskName, dict[str, System]]]):
    """Output of `gensr-models evaluate DATA --baselines ... --against PACK --json`."""


class Sampled(_Part):
    """The wanted item among itself and the candidates of the data folder."""

    hr5: float = Field(alias="hr@5")
    ndcg5: float = Field(alias="ndcg@5")
    hr10: float = Field(alias="hr@10")
    ndcg10: float = Field(alias="ndcg@10")
    events: int


class Time(_Part):
    """Of one stage, milliseconds."""

    p50: float
    p95: float


class _BenchedPack(_Part):
    id: str


class _Machine(_Part):
    os: str
    arch: str
    cores: int
    debug_build: bool = False
    cpu: str | None = None


class _Typing(_Part):
    first: dict[str, Time] = {}
    ranked: dict[str, Time] = {}


class _Memory(_Part):
    private_bytes: int


class Bench(_Part):
    """Output of `gensr bench PACK --json`; the report adds `machine.cpu` where it ran the command itself."""

    pack: _BenchedPack
    machine: _Machine
    iterations: int
    open: Time | None = None
    open_to_first_search: Time | None = None
    search: dict[str, Time] = {}
    recommend: dict[str, Time] = {}
    recommend_after_record: dict[str, Time] = {}
    typing: _Typing = _Typing()
    memory: dict[str, _Memory] = {}


class Difference(_Part):
    """Of a variant minus the whole model, with its paired 95 % interval."""

    mean: float
    low: float
    high: float


class Measured(_Part):
    """A variant in one task."""

    ndcg: float = Field(alias="ndcg@10")
    recall: float = Field(alias="recall@10")
    per_seed: list[float] = []
    difference: Difference | None = None


class Variant(_Part):
    """A row of the ablation table."""

    variant: str
    what: str = ""
    seeds: list[int] = []
    tasks: dict[TaskName, Measured] = {}
    skipped: str | None = None


class Ablation(_Part):
    """Output of `gensr-models ablate`."""

    data: str
    sha256: dict[str, str] = Field({}, description="of the tables, where it is stated")
    settings: dict = Field({}, description="that all variants begin with, where they are not the defaults")
    seeds: list[int]
    rows: list[Variant]


class Information(_Part):
    """Lower bounds on mutual information in nats, by task and seed; InfoNCE cannot say more than log(candidates)."""

    candidates: int = Field(ge=2)
    prompts: dict[TaskName, list[float]]
    heads: dict[TaskName, list[float]]
    difference: dict[TaskName, Difference] = Field({}, description="prompts minus heads, where it was measured paired")


class Cosine(_Part):
    """Between the gradients of the two tasks on what they share, after an epoch."""

    epoch: float
    cosine: float
    low: float
    high: float


class Apart(_Part):
    """How much higher the cosines are with prompts, batch by batch; the interval is over seeds, none of one seed."""

    mean: float
    low: float | None = None
    high: float | None = None
    per_seed: list[float]
    higher: float = Field(ge=0, le=1, description="share of the batches")


class Gradients(_Part):
    """Of the model with prompts and the one with two heads."""

    prompts: list[Cosine]
    heads: list[Cosine]
    difference: Apart | None = None


class Claims(_Part):
    """Output of `gensr-models claims`, as far as the page shows it."""

    data: str
    sha256: dict[str, str] = Field({}, description="of the tables, where it is stated")
    information: Information | None = None
    gradients: Gradients | None = None


Schema = TypeVar("Schema", bound=BaseModel)


def read(path: Path, schema: type[Schema]) -> Schema:
    """Reads a file against what it must hold.

    Raises:
        ReportError: names the file and every field that is missing or wrong.
    """
    return checked(read_json(path), schema, str(path))


def checked(content: dict, schema: type[Schema], name: str) -> Schema:
    """As `read`, of what was read before."""
    try:
        return schema.model_validate(content)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise ReportError(f"{name}: " + "; ".join(lines[:5])) from error
