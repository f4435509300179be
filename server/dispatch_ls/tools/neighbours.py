"""What a model may have meant by a path that is not there."""

import difflib
import os
from itertools import islice

from dispatch_ls.tools.places import Place, printable

_LOOKED_AT = 5_000


def not_found(place: Place) -> str:
    """Says that the file is missing, and what in the workspace comes near."""
    directory = place.path.parent
    while not directory.is_dir() and directory != place.root:
        directory = directory.parent
    if str(place.path) == place.shown:
        return f"{place.shown} does not exist."  # outside the workspace: a permission for one file shows no other
    if directory != place.path.parent:
        return f"{place.shown} does not exist; {printable(directory.name)}/ is the deepest part of it that does."
    near = _near(directory, place.path.name)
    return f"{place.shown} does not exist." + (f" Near it: {', '.join(near)}." if near else "")


def _near(directory: os.PathLike[str], name: str) -> list[str]:
    try:
        with os.scandir(directory) as entries:
            names = sorted(entry.name for entry in islice(entries, _LOOKED_AT))
    except OSError:
        return []
    folded = {each.casefold(): each for each in names}
    return [printable(folded[each]) for each in difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.6)]
