"""What `zaiseki doctor` says: one line a check, and in it what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    GOOD = "○"
    WARNING = "△"  # works, but will hurt some day
    FAULT = "×"  # does not work, or loses something: exit status 1
    NOTE = "・"  # cannot be known from here


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    level: Level
    text: str = ""

    def __str__(self) -> str:
        return f"{self.level} {self.name}{': ' + self.text if self.text else ''}"


def good(name: str, text: str = "") -> Finding:
    return Finding(name, Level.GOOD, text)


def warning(name: str, text: str) -> Finding:
    return Finding(name, Level.WARNING, text)


def fault(name: str, text: str) -> Finding:
    return Finding(name, Level.FAULT, text)


def note(name: str, text: str) -> Finding:
    return Finding(name, Level.NOTE, text)
