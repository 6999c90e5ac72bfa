"""Texts of instructions: paraphrases of the tasks, and templates of wishes."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from gensr_models.settings import SettingsError

SLOT = "{}"
_WORD = re.compile(r"\w+")


class _Texts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Split(_Texts):
    """Texts that are trained on, and texts that measure."""

    train: list[str] = Field(min_length=1)
    held_out: list[str] = Field(min_length=1)


class Tasks(_Texts):
    """Paraphrases of each task; none says what is wanted."""

    recommend: Split
    search: Split


class Texts(_Texts):
    """All texts of one language."""

    tasks: Tasks
    anything: list[str] = Field(min_length=1, description="what one says who wishes for nothing in particular")
    wishes: Split

    @field_validator("wishes")
    @classmethod
    def _one_slot(cls, wishes: Split) -> Split:
        for template in wishes.train + wishes.held_out:
            if template.count(SLOT) != 1:
                raise ValueError(f"a wish has one {SLOT} for what is wanted: {template!r}")
        return wishes

    def silent(self) -> list[str]:
        """Words that are said whatever is wanted: those of paraphrases and templates that are trained on."""
        tasks = [*self.tasks.recommend.train, *self.tasks.search.train]
        said = " ".join([*tasks, *self.anything, *(filled(template, "") for template in self.wishes.train)])
        return sorted(set(_WORD.findall(said.lower())))

    @classmethod
    def load(cls, path: Path | None = None) -> Texts:
        """Reads a file; without one the English texts that come with the package."""
        path = path or Path(__file__).with_name("texts.yaml")
        try:
            return cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise SettingsError(f"{path}: {error}") from error
        except ValidationError as error:
            lines = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise SettingsError(f"{path}: " + "; ".join(lines)) from error


def filled(template: str, what: str) -> str:
    """A wish for something."""
    return template.replace(SLOT, what)
