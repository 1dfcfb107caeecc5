"""`zaiseki import segments FILE [--dry-run]`."""

from webapp.org.commands import plain_import
from webapp.plans import segments as _segments  # noqa: F401 registers the kind

plain_import("segments")
