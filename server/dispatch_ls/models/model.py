"""A model, whichever wire it speaks: one class wide, so that another provider is one class more."""

from collections.abc import AsyncGenerator
from typing import Protocol

from dispatch_ls.models.conversation import Request
from dispatch_ls.models.parts import Part


class Model(Protocol):
    """Something that goes on with a conversation."""

    def stream(self, request: Request) -> AsyncGenerator[Part, None]:
        """The answer as it comes. Closing the generator closes the connection.

        Raises `ProviderError`, also after parts were delivered: what came before it is what the model said.
        """
