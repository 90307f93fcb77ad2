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
    #: JSON schema of the reply, with a blank for the numbers of the passages that it may cite.
    form: Template

    def filled(self, blanks: Mapping[str, str]) -> tuple[str, str]:
        """Return what is sent, (system, user), with each blank's text between marks that no text can contain.

        The mark is a hash of all the data: nobody can write text that holds the mark of a whole which it is a part of.
        """
        mark = sha256(json.dumps(sorted(blanks.items())).encode()).hexdigest()[:12]
        fenced = {name: _fenced(mark, name, text) for name, text in blanks.items()}
        return Template(self.system).substitute(mark=mark), self.user.substitute(fenced)

    def schema(self, passages: int) -> JsonObject:
        """Return the JSON schema of a reply that may cite `passages` passages: numbers from 1, as `listed` writes them."""
        numbers = json.dumps([str(number) for number in range(1, passages + 1)])
        return {"title": self.name, **json.loads(self.form.substitute(numbers=numbers))}


@cache
def prompt(name: str) -> Prompt:
    """Return the prompt of that name."""
    text = Path(__file__).with_name(f"{name}.md").read_text(encoding="utf-8")
    head, system, user, form = text.split("\n---\n")
    return Prompt(
        name=name,
        version=int(head.removeprefix("version:")),
        system=system.strip(),
        user=Template(user.strip()),
        form=Template(form),
    )


def listed(passages: Sequence[Passage]) -> str:
    """Return passages as a model reads them: number from 1, place, text. Small models cannot copy the digits of an id."""
    numbered = enumerate(passages, 1)
    return "\n\n".join(f"passage {number} ({one.location})\n{one.text}" for number, one in numbered)


def _fenced(mark: str, name: str, text: str) -> str:
    return f"<data {mark} {name}>\n{text}\n</data {mark}>"
