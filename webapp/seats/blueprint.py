"""The pages of seats and loans; their routes stand in the modules `routes` names."""

from flask import Blueprint

bp = Blueprint("seats", __name__)
