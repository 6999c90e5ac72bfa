"""Settings of a build: a YAML file, every field of it optional. What is left out is decided by `rules`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gensr_models.data import DataSettings


class SettingsError(ValueError):
    """A settings file that cannot be used."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TextSettings(_Strict):
    """Which sentence encoder goes into the pack."""

    encoder: Literal["minilm", "static"] = "minilm"
    folder: Path | None = Field(None, description="any Hugging Face encoder folder in place of all-MiniLM-L6-v2")
    width: int = Field(256, ge=32, le=1024, multiple_of=32, description="width of the projected text features")


class ModelSettings(_Strict):
    """Sizes of the network, and switches that take a part of it away to learn what it is worth (docs/claims.md)."""

    dim: int | None = Field(None, ge=64, le=512, multiple_of=64)
    layers: int = Field(2, ge=1, le=8)
    heads: int = Field(2, ge=1, le=8)
    window: int | None = Field(None, ge=8, le=512)
    dropout: float | None = Field(None, ge=0, lt=1)
    views: Literal["both", "semantic", "collaborative"] = Field(
        "both", description="which views items and histories have: learned from behaviour, from their text, or both"
    )
    conditioning: Literal["prompt", "heads"] = Field(
        "prompt",
        description="what tells tasks apart: a vector in the prompt, or a read-out head of each over one backbone",
    )


class TrainingSettings(_Strict):
    """How the network is trained."""

    epochs: int | None = Field(None, ge=1)
    learning_rate: float | None = Field(None, gt=0)
    batch_events: int | None = Field(None, ge=64)
    word_dropout: float = Field(0.0, ge=0, lt=1)
    item_dropout: float = Field(
        0.0, ge=0, lt=1, description="share of items that a batch sees without their collaborative vector"
    )
    weight_decay: float = Field(0.05, ge=0)
    valid_events: int = Field(10_000, ge=100)
    tasks: Literal["both", "search", "recommend"] = Field(
        "both", description="whose events are learned to be predicted; histories keep the events of both tasks"
    )
    contrast_views: float = Field(
        0.0, ge=0, description="weight of InfoNCE between the two encodings of the same history"
    )
    contrast_query: float = Field(0.0, ge=0, description="weight of InfoNCE between a query and the item it wanted")
    negatives: int | None = Field(
        None, ge=0, description="items beside those of a batch that the softmax goes over; 0: over all items"
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="of products on the way; auto is bfloat16 on a GPU, float32 elsewhere"
    )


class JudgeSettings(_Strict):
    """Whether the pack gets a judge, which looks at the best items of an answer again (docs/judge.md)."""

    train: Literal["no", "after", "jointly"] = Field(
        "no", description="never, after the network and without changing it, or as a term of the network's objective"
    )
    share: float = Field(0.1, gt=0, description="weight of the judge's loss beside that of generate (jointly)")
    epochs: int = Field(8, ge=1, description="passes over the training histories (after)")
    residual: bool = Field(True, description="whether it corrects generate's score or judges without seeing it")
    hard: int = Field(12, ge=1, le=100, description="negatives from the best of generate at each prompt")
    random: int = Field(4, ge=0, le=100, description="negatives from the whole catalogue")
    keep: bool = Field(False, description="ship it even where valid gives it no weight, to measure it")


class InstructionSettings(_Strict):
    """Whether the network learns to be told something in words."""

    enabled: bool = True
    texts: Path | None = Field(None, description="what people say, in place of instructions/texts.yaml (English)")


class Settings(_Strict):
    """All settings. Defaults build every shared data set; no rule knows one by name."""

    name: str | None = None
    licences: list[str] = []
    provenance: dict = Field({}, description="free facts that go into the manifest")
    data: DataSettings = DataSettings()
    text: TextSettings = TextSettings()
    model: ModelSettings = ModelSettings()
    training: TrainingSettings = TrainingSettings()
    judge: JudgeSettings = JudgeSettings()
    instructions: InstructionSettings = InstructionSettings()

    @model_validator(mode="after")
    def _two_views_to_contrast(self) -> Settings:
        if self.training.contrast_views and self.model.views != "both":
            raise ValueError("training.contrast_views: there is nothing to contrast unless model.views is both")
        return self

    @classmethod
    def load(cls, path: Path | None) -> Settings:
        """Reads a YAML file; without one, the defaults."""
        if path is None:
            return cls()
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise SettingsError(f"{path}: {error}") from error
        if not isinstance(content, dict):
            raise SettingsError(f"{path}: expected a mapping, found {type(content).__name__}")
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            lines = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise SettingsError(f"{path}: " + "; ".join(lines)) from error
