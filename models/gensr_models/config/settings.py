"""Settings of a build: a YAML file, every field optional. `training.rules` decides the rest.

`commented` writes all of them with defaults and meanings.
"""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gensr_models.data import DEFAULT_KINDS, DataSettings
from gensr_models.data.kinds import KindSettings


class SettingsError(ValueError):
    """A settings file that cannot be used."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


Precision = Literal["fp16", "fp32"]
"""Precision of a variant of the sentence encoder for accelerators (docs/providers.md)."""


class TextSettings(_Strict):
    """Which sentence encoder goes into the pack."""

    encoder: Literal["minilm", "static"] = Field(
        "minilm", description="a sentence encoder, or static: vectors of words, learned, and no transformer in the pack"
    )
    folder: Path | None = Field(None, description="any Hugging Face encoder folder in place of all-MiniLM-L6-v2")
    width: int = Field(256, ge=32, le=1024, multiple_of=32, description="width of the projected text features")
    variants: list[Precision] = Field(
        [], description="encoders for accelerators that the pack holds beside its own; 45 MB each for all-MiniLM-L6-v2"
    )

    @model_validator(mode="after")
    def _something_to_vary(self) -> TextSettings:
        if self.variants and self.encoder == "static":
            raise ValueError("variants: a pack without a sentence encoder has nothing for an accelerator to run")
        return self


class ModelSettings(_Strict):
    """Sizes of the network, and its views (docs/claims.md)."""

    dim: int | None = Field(None, ge=64, le=512, multiple_of=64, description="width of items and states; null: by rule")
    layers: int = Field(2, ge=1, le=8, description="of the decoder")
    heads: int = Field(2, ge=1, le=8, description="of attention")
    window: int | None = Field(None, ge=8, le=512, description="events of a history that are read; null: by rule")
    dropout: float | None = Field(None, ge=0, lt=1, description="null: 0.3")
    views: Literal["both", "semantic", "collaborative"] = Field(
        "both", description="which views items and histories have: learned from behaviour, from their text, or both"
    )


class TrainingSettings(_Strict):
    """How the network is trained."""

    epochs: int | None = Field(None, ge=1, description="passes over the training events; null: by rule")
    learning_rate: float | None = Field(None, gt=0, description="null: 0.002, half of it in a warm start")
    batch_events: int | None = Field(None, ge=64, description="events of a batch; null: by rule")
    word_dropout: float = Field(0.0, ge=0, lt=1, description="share of items that a batch sees without their text")
    item_dropout: float = Field(
        0.0, ge=0, lt=1, description="share of items that a batch sees without their collaborative vector"
    )
    weight_decay: float = Field(0.05, ge=0, description="of matrices (AdamW)")
    valid_events: int = Field(10_000, ge=100, description="most valid events of a task that choose the epoch")
    tasks: Literal["both", "search", "recommend"] = Field(
        "both", description="whose events are learned to be predicted; histories keep the events of both tasks"
    )
    contrast_views: float = Field(
        0.0, ge=0, description="weight of InfoNCE between the two encodings of the same history"
    )
    contrast_query: float = Field(0.0, ge=0, description="weight of InfoNCE between a query and the item it wanted")
    negatives: int | None = Field(
        None, ge=0, description="items beside those of a batch that the softmax is over; 0: over all; null: by rule"
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="of products on the way; auto is bfloat16 on a GPU, float32 elsewhere"
    )


class InstructionSettings(_Strict):
    """Whether the network learns instructions."""

    enabled: bool = Field(True, description="a stage after training (docs/instructions.md)")
    texts: Path | None = Field(None, description="what people say, in place of instructions/texts.yaml (English)")


class Settings(_Strict):
    """All settings. Defaults build every shared data set; no rule knows one by name."""

    name: str | None = Field(None, description="of the pack; null: that of the data folder")
    licences: list[str] = Field([], description="of what the pack holds, for its manifest")
    provenance: dict = Field({}, description="free facts that go into the manifest")
    data: DataSettings = DataSettings()
    text: TextSettings = TextSettings()
    model: ModelSettings = ModelSettings()
    training: TrainingSettings = TrainingSettings()
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


def commented() -> str:
    """All settings with their defaults, as YAML that `Settings.load` reads; each with its meaning and range."""
    head = "# All settings of a build and their defaults; write down those to change.\n"
    head += "# `by rule`: follows from the data, as the log of the build says with the reason.\n"
    return head + "\n".join(_lines(Settings)) + "\n"


def _lines(model: type[BaseModel], indent: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            yield f"{indent}{name}:  # {(section.__doc__ or '').splitlines()[0].rstrip('.')}"
            yield from _lines(section, indent + "  ")
            if section is DataSettings:
                yield from _kinds(indent + "  ")
            continue
        parts = (field.description, _choice(field.annotation), *map(_bound, field.metadata))
        about = "; ".join(part for part in parts if part)
        # JSON is YAML, and shorter for lists, texts and null.
        yield f"{indent}{name}: {json.dumps(field.default)}" + (f"  # {about}" if about else "")


def _choice(annotation: object) -> str:
    """The words that a field may be, "" where it is no choice."""
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(map(str, get_args(annotation)))
    if get_origin(annotation) in (Union, types.UnionType, list, dict):
        return next((said for said in map(_choice, get_args(annotation)) if said), "")
    return ""


def _bound(limit: object) -> str:
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below", "multiple_of": "a multiple of"}
    return ", ".join(f"{said} {getattr(limit, name)}" for name, said in words.items() if hasattr(limit, name))


def _kinds(indent: str) -> Iterator[str]:
    """Default meanings of event names, as comments."""
    yield f"{indent}# kinds that need no setting, in the form of one:"
    for kind in DEFAULT_KINDS:
        yield f"{indent}#   {kind.name}: {{task: {kind.task}, sign: {kind.sign}, strength: {kind.strength}}}"
    for name, field in KindSettings.model_fields.items():
        yield f"{indent}# {name}: {field.description}"
