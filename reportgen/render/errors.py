"""Errors of documents that cannot be made."""

from __future__ import annotations

from reportgen.errors import OutputError

__all__ = ["DocumentError", "DocumentUnavailable", "UserTemplateError"]


class DocumentError(OutputError):
    """The document is refused because it would be incomplete or inaccessible; the message says what and where."""


class UserTemplateError(DocumentError):
    """A user's template is wrong, does something forbidden, or takes too much time or memory."""

    exit_code = 2


class DocumentUnavailable(OutputError):  # noqa: N818  it is a state of the system, not a mistake
    """This system lacks what a PDF needs; the message contains the one command that fixes it."""
