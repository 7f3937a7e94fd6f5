"""The exception tree: what went wrong, told to the person who can mend it.

Knows nothing of any room; every message says what was expected, what came, and what to do.
"""

from __future__ import annotations


class AllaPrimaError(Exception):
    """Anything this package raises on purpose. The command line ends with exit code 1."""


class UserError(AllaPrimaError, ValueError):
    """The user's words or files are wrong; the message carries the fix. Exit code 2."""


class PromptError(UserError):
    """A prompt cannot be read or painted."""


class BundleError(UserError):
    """A model bundle is missing, damaged, or newer than this version understands."""


class CorpusError(AllaPrimaError):
    """The drawings cannot be fetched, rendered or read."""


class TrainingError(AllaPrimaError):
    """A training run cannot start or go on."""


class ExportError(AllaPrimaError):
    """A bundle cannot be made of these weights: the message carries the numbers."""
