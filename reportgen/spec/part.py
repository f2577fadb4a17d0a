"""What all parts of a file have in common: nothing unknown, nothing changed, nothing converted."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Name", "Part"]

Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=60)]


class Part(BaseModel):
    """A part of a file; its fields are its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
