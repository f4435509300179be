"""What the user said, as it stands in the conversation."""

from pathlib import Path

from dispatch_ls.agents import drafts
from dispatch_ls.agents.wording import text_of
from dispatch_ls.protocol.base import new_id
from dispatch_ls.protocol.events import Draft
from dispatch_ls.protocol.items import MessageItem
from dispatch_ls.protocol.sessions import QueuedMessage


def said(turn_id: str, step: int, message: QueuedMessage, workspace: Path) -> Draft:
    """A message of the user, as it stands in the conversation from here on."""
    item = MessageItem(
        role="user",
        text=text_of(message.content, workspace),
        attachments=message.content,
        message_id=message.message_id,
    )
    return drafts.message(turn_id, new_id("item"), step, item)
