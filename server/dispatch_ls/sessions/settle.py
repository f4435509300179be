"""Recovery of a whole database, before anyone listens to it."""

import sqlite3
from datetime import datetime

from dispatch_ls.sessions import queries
from dispatch_ls.sessions.log import Log
from dispatch_ls.sessions.recover import Suspended, recover


def settle(connection: sqlite3.Connection, log: Log, time: datetime) -> list[Suspended]:
    """Bring every session that an earlier server left unfinished to rest; the turns that wait for the user."""
    suspended: list[Suspended] = []
    connection.execute("BEGIN IMMEDIATE")
    try:
        for session, turn_seq in queries.unsettled(connection):
            turn = [] if turn_seq is None else queries.events(connection, session.session_id, turn_seq - 1, None)
            recovery = recover(session, turn, queries.standing(connection, session.session_id))
            log.append(session.session_id, recovery.drafts, time)
            if recovery.suspended:
                suspended.append(recovery.suspended)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return suspended
