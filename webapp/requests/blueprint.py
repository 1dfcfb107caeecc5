"""The pages of requests; their routes stand in the modules that `routes` names."""

from flask import Blueprint

bp = Blueprint("requests", __name__)
