"""The prompts, one file each, with its version; what they are filled with is fenced off as data."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from string import Template

from lectern.base.json import JsonObject
from lectern.tutor.domain.passage import Passage


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """What a model is asked, with blanks for data."""

    name: str
    #: Raised with every change of the file; results name it.
    version: int
    system: str
    user: Template
    #: JSON schema of the reply.
    schema: JsonObject

    def filled(self, blanks: Mapping[str, str]) -> tuple[str, str]:
        """Return what is sent, (system, user), with each blank's text between marks that no text can contain.

        The mark is a hash of all the data: nobody can write text that holds the mark of a whole which it is a part of.
        """
        mark = sha256(json.dumps(sorted(blanks.items())).encode()).hexdigest()[:12]
        fenced = {name: _fenced(mark, name, text) for name, text in blanks.items()}
        return Template(self.system).substitute(mark=mark), self.user.substitute(fenced)


@cache
def prompt(name: str) -> Prompt:
    """Return the prompt of that name."""
    text = Path(__file__).with_name(f"{name}.md").read_text(encoding="utf-8")
    head, system, user, schema = text.split("\n---\n")
    return Prompt(
        name=name,
        version=int(head.removeprefix("version:")),
        system=system.strip(),
        user=Template(user.strip()),
        schema={"title": name, **json.loads(schema)},
    )


def listed(passages: Sequence[Passage]) -> str:
    """Return passages as a model reads them: id, place, text."""
    return "\n\n".join(f"passage {one.id} ({one.location})\n{one.text}" for one in passages)


def _fenced(mark: str, name: str, text: str) -> str:
    return f"<data {mark} {name}>\n{text}\n</data {mark}>"
