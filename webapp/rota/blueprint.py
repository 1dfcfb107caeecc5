"""The pages of the duty rota; their routes stand in `routes` and in the modules it names."""

from flask import Blueprint

bp = Blueprint("rota", __name__)
