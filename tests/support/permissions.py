"""What tests of permissions share."""

from pathlib import Path

from dispatch_ls.permissions.access import Access
from dispatch_ls.permissions.containment import Roots
from dispatch_ls.protocol.permissions import Operation

WS = Path("/people/me/src/ws")
ROOTS = Roots(WS, Path("/people/me"), (Path("/srv/data"),))


def access(operation: Operation, *paths: Path, target: str = "x", session: str = "ses_1") -> Access:
    return Access(
        session_id=session, item_id="itm_1", operation=operation, target=target, paths=paths, title="T", tool="t"
    )
