"""The pages of reports; their routes stand in `routes` and in the modules it names."""

from flask import Blueprint

bp = Blueprint("reports", __name__)
