"""The one hash of the demonstration's password."""

from argon2 import PasswordHasher

from webapp.demo.signins import PASSWORD


def hashed_password() -> str:
    return PasswordHasher().hash(PASSWORD)
