"""The pages people look at all day; their routes stand in `routes` and in the modules it names."""

from flask import Blueprint

bp = Blueprint("board", __name__)
