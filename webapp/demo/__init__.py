"""A city to look around in, on a clock of its own: always a Tuesday morning."""

from webapp.demo.filling import fill, follow_clock, prepare
from webapp.demo.signins import SIGN_INS

__all__ = ["SIGN_INS", "fill", "follow_clock", "prepare"]
