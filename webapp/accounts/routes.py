"""Every page of sign-in and accounts, gathered under one blueprint."""

from webapp.accounts import account_pages, signing
from webapp.accounts.blueprint import bp

__all__ = ["account_pages", "bp", "signing"]
