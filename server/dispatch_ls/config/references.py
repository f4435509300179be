"""Names in one place of the configuration that mean something in another."""

from collections.abc import Callable, Iterable, Iterator

from dispatch_ls.config.positions import Field
from dispatch_ls.config.settings import Settings
from dispatch_ls.config.wording import did_you_mean
from dispatch_ls.protocol.errors import ConfigError

Report = Callable[[Field, str], ConfigError]
"""Makes a problem at a field of the file that says it."""


def unknown_names(settings: Settings, report: Report) -> list[ConfigError]:
    """A problem for each reference to a key, agent or model that is not there.

    Models that no file knows may still be the provider's: those are told only where a known name is near.
    Without any key in the files, keys are those of the environment, which are not known here.
    """
    problems = []
    keys = [key.id for key in settings.keys]
    for field, name in _keys(settings) if keys else ():
        if name not in keys:
            problems.append(report(field, f'there is no key "{name}"{did_you_mean(name, keys)}'))
    if settings.defaults.agent not in settings.agents:
        name, field = settings.defaults.agent, ("defaults", "agent")
        problems.append(report(field, f'there is no agent "{name}"{did_you_mean(name, settings.agents)}'))
    models = _model_names(settings)
    for field, name in _models(settings):
        near = "" if name in models else did_you_mean(name, models)
        if near:
            problems.append(report(field, f'no model has the id or tag "{name}"{near}'))
    return problems


def _keys(settings: Settings) -> Iterator[tuple[Field, str]]:
    yield from ((("fallback", index), name) for index, name in enumerate(settings.fallback))
    for model in settings.models:
        yield from ((("models", model.id, "keys", index), name) for index, name in enumerate(model.keys or ()))
    for name, agent in settings.agents.items():
        for index, choice in enumerate(agent.models):
            if choice.key is not None:
                yield ("agents", name, "models", index, "key"), choice.key


def _models(settings: Settings) -> Iterator[tuple[Field, str]]:
    if settings.defaults.model is not None:
        yield ("defaults", "model"), settings.defaults.model
    for name, agent in settings.agents.items():
        for index, choice in enumerate(agent.models):
            kind, wanted = ("tag", choice.tag) if choice.tag is not None else ("model", choice.model)
            if wanted is not None:
                yield ("agents", name, "models", index, kind), wanted
    yield from ((("routes", task), wanted) for task, wanted in settings.routes.items())


def _model_names(settings: Settings) -> set[str]:
    tags: Iterable[str] = (tag for model in settings.models for tag in model.tags)
    return {model.id for model in settings.models} | set(tags)
