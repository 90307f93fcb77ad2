"""Providers of language and embedding models: what each is installed by, and the variable that holds its key."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True)
class Provider:
    """One provider that `LLM_MODEL`, and if it `embeds` also `EMBEDDING_MODEL`, may name."""

    #: Module of its LangChain client.
    module: str
    #: Extra in pyproject.toml that brings it.
    extra: str
    #: Variable that holds its key; "" when it has none.
    key: str = ""
    #: True when it has embedding models.
    embeds: bool = True

    @property
    def installed(self) -> bool:
        """True when its client can be imported; nothing is imported for that."""
        return all(find_spec(module) for module in ("langchain", self.module))

    @property
    def command(self) -> str:
        """The command that installs it."""
        return f".venv/bin/uv pip install -r pyproject.toml --extra {self.extra} -c requirements/server.txt"


PROVIDERS = {
    "openai": Provider("langchain_openai", "openai", "OPENAI_API_KEY"),
    "anthropic": Provider("langchain_anthropic", "anthropic", "ANTHROPIC_API_KEY", embeds=False),
    "google_genai": Provider("langchain_google_genai", "google", "GOOGLE_API_KEY"),
    "ollama": Provider("langchain_ollama", "ollama"),
}


def model_name(value: str) -> str:
    """Return a value of `LLM_MODEL` as it is; raise `ValueError` for one that cannot be used here."""
    return _checked(value, list(PROVIDERS))


def embedding_name(value: str) -> str:
    """Return a value of `EMBEDDING_MODEL` as it is; raise `ValueError` for one that cannot be used here."""
    return _checked(value, [name for name, provider in PROVIDERS.items() if provider.embeds])


def _checked(value: str, names: Sequence[str]) -> str:
    name, _, model = value.partition(":")
    if name not in names or not model.strip():
        raise ValueError(f"provider:model, the provider being one of {', '.join(names)}")
    if not PROVIDERS[name].installed:
        raise ValueError(
            f"a provider that is installed; this one is installed by `{PROVIDERS[name].command}`"
        )
    return value


def provider_of(model: str) -> Provider | None:
    """Return the provider that a checked name of a model begins with; None for an empty one."""
    return PROVIDERS[model.partition(":")[0]] if model else None
