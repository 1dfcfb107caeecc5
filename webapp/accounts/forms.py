"""What the browser sends to sign in, for passwords and for tokens; and where it may be sent on to."""

import re
import unicodedata
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, ConfigDict, Field

from webapp.core.parse import FormBody

LONGEST_SECRET = 128


def as_number(text: object) -> object:
    """「１００１２３ 」 as typed with a Japanese keyboard."""
    return unicodedata.normalize("NFKC", text).strip() if isinstance(text, str) else text


Number = Annotated[str, BeforeValidator(as_number), Field(max_length=32)]
Switch = Annotated[bool, BeforeValidator(lambda value: value in {True, "1", "on", "true"})]
# Blanks at the ends of a password count.
Secret = Annotated[str, Field(max_length=LONGEST_SECRET)]


class _Keeping(FormBody):
    model_config = ConfigDict(extra="ignore", str_strip_whitespace=False)


class SignInBody(_Keeping):
    number: Number
    password: Secret
    remember: Switch = False


class PasswordBody(_Keeping):
    current: Secret = ""
    new: Secret
    again: Secret


class TokenBody(FormBody):
    label: Annotated[str, Field(max_length=80)]
    days: Annotated[int, Field(ge=0, le=1826)] = 365


def own_path(target: str | None) -> str:
    """A path of this server to go on to, else the home page: never another host."""
    target = target or ""
    parts = urlsplit(target) if _is_plain(target) else None
    if parts is None or parts.scheme or parts.netloc or not target.startswith("/"):
        return "/"
    if target.startswith(("//", "/signin", "/signout")):
        return "/"
    return target


def _is_plain(target: str) -> bool:
    """Browsers read a backslash as a slash and drop control characters."""
    return len(target) <= 500 and re.fullmatch(r"[^\\\x00-\x20\x7f]*", target) is not None
