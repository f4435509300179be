"""HTTP to providers: one pool of connections, deadlines, and every way it can fail as a `ProviderError`.

There are no retries here: who asks knows whether another attempt makes sense (`ProviderError.retryable`).
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import httpx

from dispatch_ls.models.answer import Answer, Deadline, Timeouts, why
from dispatch_ls.models.failures import Peer
from dispatch_ls.protocol.errors import ErrorClass

ERROR_BODY_LIMIT = 64 * 1024
"""Bytes of an error's body that are read."""

ERROR_BODY_TIMEOUT = 5.0
"""Seconds in which they must come."""

_LOCAL = ("127.0.0.1", "localhost", "[::1]")


class Transport:
    """The connections to all providers. Made once, closed with the server."""

    def __init__(self, timeouts: Timeouts | None = None) -> None:
        self._timeouts = timeouts or Timeouts()
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def post(self, url: str, headers: Mapping[str, str], body: bytes, peer: Peer) -> AsyncIterator[Answer]:
        """Send a request; the answer's status is 200. Leaving the context closes the connection if it is not read up.

        Raises `ProviderError` for anything else.
        """
        client = await self._open()
        deadline = Deadline(self._timeouts.total)
        with _failures_of_sending(peer):
            request = client.build_request("POST", url, headers=dict(headers), content=body)
            response = await self._headers(client, request, peer, deadline)
        try:
            if response.status_code != httpx.codes.OK:
                raise peer.refused(response.status_code, response.headers, await self._error_body(response))
            yield Answer(response, peer, self._timeouts, deadline)
        finally:
            await response.aclose()

    async def get(self, url: str, timeout: float) -> bytes | None:
        """The body of a page on this machine, None where nobody answers in time."""
        client = await self._open()
        try:
            async with asyncio.timeout(timeout):
                response = await client.get(url)
        except (httpx.HTTPError, TimeoutError):
            return None
        return response.content if response.status_code == httpx.codes.OK else None

    async def close(self) -> None:
        """End all connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _open(self) -> httpx.AsyncClient:
        async with self._opening:
            if self._client is None:
                # reading the certificates takes a moment, and nothing may block the loop
                certificates = await asyncio.to_thread(httpx.create_ssl_context)
                self._client = httpx.AsyncClient(
                    verify=certificates,
                    timeout=None,
                    limits=httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=30),
                    # what is on this machine is not asked for through a proxy
                    mounts={f"all://{host}": None for host in _LOCAL},
                )
            return self._client

    async def _headers(
        self, client: httpx.AsyncClient, request: httpx.Request, peer: Peer, deadline: Deadline
    ) -> httpx.Response:
        limit = deadline.at_most(self._timeouts.headers)
        try:
            async with asyncio.timeout(limit):
                return await client.send(request, stream=True)
        except TimeoutError:
            raise peer.error(ErrorClass.TIMEOUT, f"did not answer in {limit:g} s.") from None

    async def _error_body(self, response: httpx.Response) -> bytes:
        body = b""
        try:
            async with asyncio.timeout(ERROR_BODY_TIMEOUT):
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) >= ERROR_BODY_LIMIT:
                        break
        except (httpx.HTTPError, TimeoutError):
            pass  # the status alone says enough
        return body[:ERROR_BODY_LIMIT]


@contextmanager
def _failures_of_sending(peer: Peer) -> Iterator[None]:
    try:
        yield
    except httpx.LocalProtocolError:
        # what it says quotes the header, and with it the key
        text = "can't be asked: the key or the address holds characters that HTTP does not allow."
        raise peer.error(ErrorClass.BAD_REQUEST, text) from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise peer.error(ErrorClass.BAD_REQUEST, f"can't be asked: {why(error)}") from None
    except (httpx.ConnectError, httpx.ProxyError) as error:
        raise peer.error(ErrorClass.NETWORK, f"can't be reached: {why(error)}") from None
    except httpx.HTTPError as error:
        raise peer.error(ErrorClass.NETWORK, f"broke the connection off before it answered: {why(error)}") from None
