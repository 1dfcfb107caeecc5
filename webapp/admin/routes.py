"""Every page of the administration, gathered under one blueprint."""

from webapp.admin import (
    accounts,
    audit_log,
    closures,
    coming,
    imports,
    organisation,
    overview,
    setting_pages,
    webhooks,
)
from webapp.admin.blueprint import bp

__all__ = [
    "accounts",
    "audit_log",
    "bp",
    "closures",
    "coming",
    "imports",
    "organisation",
    "overview",
    "setting_pages",
    "webhooks",
]
