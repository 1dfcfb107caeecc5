"""The unit a request was filed in, as far as its settings go."""

from webapp.org import queries as org


def path_of(unit_id: int) -> list[str]:
    """Codes from the top down; of a unit that is no more: only what holds for everybody."""
    tree = org.current_tree()
    return [node.code for node in tree.path(unit_id)] if tree.by_id(unit_id) else []
