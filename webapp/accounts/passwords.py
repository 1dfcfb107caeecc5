"""Hashing and checking passwords (argon2id) and one-time codes, off the event loop and a few at a time."""

import hashlib
import hmac
import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from webapp.core.refusals import TooMany
from webapp.extensions import off_loop

# OWASP's first choice of small parameters: 19 MiB, 2 rounds, 1 lane.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
AT_ONCE = 2  # a hash takes a core and 19 MiB; the board needs both, also at 8:30
WAIT_S = 10.0
LONGEST = 128

# No 0/O, 1/I: 32 signs, 5 bits each.
CODE_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 10
CODE_ROUNDS = 200

_turns = threading.BoundedSemaphore(AT_ONCE)  # green under the event loop


class Busy(TooMany):
    """503: too many people sign in at this very moment."""

    status, code = 503, "unavailable"


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=WAIT_S):
        raise Busy("サインインが混み合っています。少し待ってから、もう一度お試しください。", 5)
    try:
        yield
    finally:
        _turns.release()


def _plain(password: str) -> str:
    """The same word typed on another keyboard or device is the same password."""
    return unicodedata.normalize("NFKC", password)


def hashed_password(password: str) -> str:
    with _turn():
        return off_loop(HASHER.hash, _plain(password))


def is_password(stored: str | None, password: str) -> bool:
    """Takes as long without a stored hash, so that an answer's time tells nothing about an account."""
    with _turn():
        fits = off_loop(_fits, stored or _decoy(), _plain(password))
    return fits and stored is not None


def is_outdated(stored: str) -> bool:
    try:
        return HASHER.check_needs_rehash(stored)
    except InvalidHashError:
        return True


def _fits(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False


@cache
def _decoy() -> str:
    return HASHER.hash(secrets.token_urlsafe(16))


# --- one-time codes -------------------------------------------------------------------------


def new_code() -> str:
    return "".join(secrets.choice(CODE_SIGNS) for _ in range(CODE_LENGTH))


def hashed_code(code: str) -> str:
    """Salted and only a few rounds: a code is 50 random bits, good for days and once, and guesses at the
    sign-in are counted. A slow hash protects words that people choose; here it would only make the slips of
    a whole town hall take a minute instead of a second.
    """
    salt = secrets.token_hex(8)
    return f"{salt}${_code_digest(salt, code)}"


def is_code(stored: str | None, typed: str) -> bool:
    """As people type it: small letters, full width, with hyphens and blanks."""
    if not stored:
        return False
    salt, _, digest = stored.partition("$")
    typed = "".join(sign for sign in _plain(typed).upper() if sign.isalnum())
    return hmac.compare_digest(_code_digest(salt, typed), digest)


def _code_digest(salt: str, code: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", code.encode(), salt.encode(), CODE_ROUNDS).hex()
