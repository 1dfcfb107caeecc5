"""`zaiseki import positions|demand|skills`."""

from webapp.org.commands import plain_import
from webapp.positions.importing import KINDS

for _kind in KINDS:
    plain_import(_kind)
