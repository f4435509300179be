"""What a request costs: the price in the settings, else that of a kept data set which works offline (CONF-5)."""

import asyncio
from typing import TYPE_CHECKING

from dispatch_ls.config.settings import Price
from dispatch_ls.protocol.usage import Usage

if TYPE_CHECKING:
    from genai_prices.types import PriceCalculation

MILLION = 1_000_000


def own_price(price: Price, usage: Usage) -> float:
    """USD by a price from the settings; what is cached costs as input where no price says otherwise."""
    fresh = usage.input - usage.cache_read - usage.cache_write
    read = price.cache_read if price.cache_read is not None else price.input
    write = price.cache_write if price.cache_write is not None else price.input
    spent = fresh * price.input + usage.cache_read * read + usage.cache_write * write + usage.output * price.output
    return spent / MILLION


async def listed_price(name: str, provider: str, base_url: str | None, usage: Usage) -> float | None:
    """USD by the data set, None for a model it does not know; a compatible provider is known by its address."""
    listed = await asyncio.to_thread(_listed, name, provider, base_url, usage)
    return float(listed.total_price) if listed is not None else None


async def context_window(name: str, provider: str, base_url: str | None) -> int | None:
    """Tokens that the model can see, None where the data set does not say."""
    listed = await asyncio.to_thread(_listed, name, provider, base_url, Usage())
    return listed.model.context_window if listed is not None else None


def _listed(name: str, provider: str, base_url: str | None, usage: Usage) -> "PriceCalculation | None":
    # loaded with the first price: the import alone takes as long as starting the server
    import genai_prices

    counted = genai_prices.Usage(
        input_tokens=usage.input,
        output_tokens=usage.output,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
    )
    try:
        if provider == "openai-compatible":
            return genai_prices.calc_price(counted, model_ref=name, provider_api_url=base_url)
        return genai_prices.calc_price(counted, model_ref=name, provider_id=provider)
    except (LookupError, ValueError):
        return None
