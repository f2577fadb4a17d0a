"""Why a document could not be made."""

from __future__ import annotations

from reportgen.errors import OutputError

__all__ = ["DocumentError", "DocumentUnavailable", "UserTemplateError"]


class DocumentError(OutputError):
    """The document was refused: it would have been incomplete or inaccessible. Says what is wrong and where."""


class UserTemplateError(DocumentError):
    """A template given by the user is wrong, does what templates may not, or takes too long or too much memory."""

    exit_code = 2


class DocumentUnavailable(OutputError):  # noqa: N818  it is a state of the system, not a mistake
    """This system lacks what a PDF needs; the message holds the one command that mends it."""
