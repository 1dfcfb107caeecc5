"""The pages of the planned day; their routes stand in the modules `routes` names."""

from flask import Blueprint

bp = Blueprint("plans", __name__)
