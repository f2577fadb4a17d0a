"""The base of all parts of a file: unknown keys are refused, values are neither changed nor converted."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Name", "Part"]

Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=60)]


class Part(BaseModel):
    """A part of a file; its fields are its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
