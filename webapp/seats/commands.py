"""`zaiseki import items`."""

from webapp.org.commands import plain_import
from webapp.seats.importing import KIND

plain_import(KIND)
