"""Texts of instructions: paraphrases of the tasks, and templates of intents, as lines that stand for many sentences."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import product
from math import prod
from pathlib import Path

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from gensr_models.config.settings import SettingsError

SLOT = "{}"
MOST_OF_LINE = 100
"""Sentences that are taken of one line, so that a rich one does not drown the others."""
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_WORD = re.compile(r"\w+")
_SPOKEN = re.compile(r"\w+(?:['\u2019]\w+)*")


class _Texts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Split(_Texts):
    """Lines that are trained on, and sentences that measure; `[this|that|]` in a line is one of its alternatives."""

    train: list[str] = Field(min_length=1)
    held_out: list[str] = Field(min_length=1)

    @model_validator(mode="after")
    def _apart(self) -> Split:
        for line in self.train:
            if set(_CHOICE.sub("", line)) & set("[]"):
                raise ValueError(f"brackets that do not close, or nest: {line!r}")
        if found := next((text for text in self.held_out if set(text) & set("[]")), None):
            raise ValueError(f"what is held out is one sentence, without brackets: {found!r}")
        _refuse_leaks(self.held_out, self.train)
        return self


class Tasks(_Texts):
    """Paraphrases of each task, without an intent."""

    recommend: Split
    search: Split


class Texts(_Texts):
    """All texts of one language."""

    tasks: Tasks
    anything: list[str] = Field(min_length=1, description="what one says who asks for nothing in particular")
    intents: Split
    small_words: str = Field("", description="words that name nothing, whatever a sentence is about, between spaces")

    @field_validator("intents")
    @classmethod
    def _one_slot(cls, intents: Split) -> Split:
        for template in intents.train + intents.held_out:
            if template.count(SLOT) != 1 or SLOT not in _CHOICE.sub("", template):
                raise ValueError(f"an intent has one {SLOT} for what is wanted, in no brackets: {template!r}")
        return intents

    @model_validator(mode="after")
    def _apart(self) -> Texts:
        """No task's held-out sentence is trained on as the other's, or as a text without an intent."""
        tasks = [*self.tasks.recommend.train, *self.tasks.search.train]
        nothings = [filled(template, what) for template in self.intents.train for what in self.anything]
        _refuse_leaks([*self.tasks.recommend.held_out, *self.tasks.search.held_out], tasks + nothings)
        return self

    def small(self) -> frozenset[str]:
        """Words that name nothing in any shop."""
        return frozenset(words_said(self.small_words))

    def silent(self, names: frozenset[str] = frozenset()) -> frozenset[str]:
        """Words that occur with any intent: small ones, and those of paraphrases and templates to train on.

        Args:
            names: words that name a kind of thing in this shop ("watch" among watches): of them only small ones are
                silent.
        """
        tasks = [*self.tasks.recommend.train, *self.tasks.search.train]
        said = " ".join([*tasks, *self.anything, *(filled(t, "") for t in self.intents.train)])
        return self.small() | (frozenset(words_said(said)) - names)

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


def words_said(text: str) -> list[str]:
    """Words of a text, nearly as the engine's analyzer spells them: no capitals, accents or apostrophes."""
    folded = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return [word.replace("'", "").replace("\u2019", "") for word in _SPOKEN.findall(folded)]


def filled(template: str, what: str) -> str:
    """An intent for something."""
    return template.replace(SLOT, what)


def spoken(line: str, rng: np.random.Generator) -> str:
    """One of the sentences that a line stands for."""
    return _said(line, (str(rng.choice(among)) for among in _alternatives(line)))


def sentences_of(lines: list[str], rng: np.random.Generator, most: int = MOST_OF_LINE) -> list[str]:
    """Distinct sentences of lines, in their order: all of a line that stands for at most `most`, else about `most`."""
    found: dict[str, None] = {}
    for line in lines:
        among = _alternatives(line)
        every = prod(map(len, among)) <= most
        said = (_said(line, iter(c)) for c in product(*among)) if every else (spoken(line, rng) for _ in range(most))
        found |= dict.fromkeys(said)
    return list(found)


def _refuse_leaks(held_out: list[str], lines: list[str]) -> None:
    """Raises `ValueError` where a line could say something that is held out."""
    plain = {_plain(text): text for text in held_out}
    for line in lines:
        said = _could_say(line)
        if found := next((text for spelled, text in plain.items() if said.fullmatch(spelled)), None):
            raise ValueError(f"{found!r} is held out, but trained on by {line!r}")


def _alternatives(line: str) -> list[list[str]]:
    return [choice.split("|") for choice in _CHOICE.findall(line)]


def _said(line: str, chosen: Iterator[str]) -> str:
    return " ".join(_CHOICE.sub(lambda _: next(chosen), line).split())


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(filled(text, " _slot_ ").lower()))


def _could_say(line: str) -> re.Pattern:
    """Matches the plain text of all sentences of a line, and a few more: it is blind to where words end."""
    parts = re.split(r"(\[[^\[\]]*\])", line)
    words = [
        "(?:" + "|".join(_loose(alternative) for alternative in part[1:-1].split("|")) + ")"
        if part.startswith("[")
        else _loose(part)
        for part in parts
    ]
    return re.compile(r"\s*" + r"\s*".join(words) + r"\s*")


def _loose(text: str) -> str:
    return r"\s*".join(re.escape(word) for word in _plain(text).split())
