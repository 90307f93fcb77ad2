import hashlib
from pathlib import Path

import pytest

from lectern.tutor import prompts
from lectern.tutor.prompts import prompt

FOLDER = Path(prompts.__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.md"))

#: What each version says. A changed text gets the next version: results name it.
VERSIONS = {
    "compose": (4, "203c5ccb4f68"),
    "hint": (2, "5c5710359e64"),
    "mend": (3, "0339342676bb"),
    "name_concepts": (1, "645f702048e8"),
    "read": (1, "a02f43697dee"),
    "reword": (1, "f4c5f816bd8b"),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_prompt_gets_a_new_version(name: str) -> None:
    text = (FOLDER / f"{name}.md").read_bytes()
    assert VERSIONS[name] == (prompt(name).version, hashlib.sha256(text).hexdigest()[:12])


@pytest.mark.parametrize("name", NAMES)
def test_every_prompt_fences_what_it_is_filled_with(name: str) -> None:
    blanks = {"passages", "question", "complaints", "conversation", "course", "headings", "solution"}
    system, user = prompt(name).filled({blank: f"the {blank} $question" for blank in blanks})
    mark = system.split("<data ")[1].split(" ")[0]
    filled = prompt(name).user.template.count("$")
    assert user.count(f"<data {mark} ") == user.count(f"</data {mark}>") == filled >= 1
    assert "$question" in user  # what looks like a blank in a text is not filled
    assert prompt(name).schema(8)["title"] == name


def test_other_data_has_another_mark() -> None:
    first, second = (prompt("compose").filled({"passages": "p", "question": q}) for q in "ab")
    assert first[0] != second[0]


@pytest.mark.parametrize("name", ["compose", "mend"])
def test_the_form_of_an_answer_ends(name: str) -> None:
    # A model that writes by a grammar of the form goes on for as long as that allows.
    sentences = prompt(name).schema(8)["properties"]["sentences"]
    assert sentences["maxItems"] == 5
    assert sentences["items"]["properties"]["passages"]["maxItems"] == 3


@pytest.mark.parametrize("name", ["compose", "mend", "hint"])
def test_a_model_can_cite_the_numbers_of_the_passages_that_it_is_shown_alone(name: str) -> None:
    properties = prompt(name).schema(3)["properties"]
    cited = (
        properties["passages"]
        if name == "hint"
        else properties["sentences"]["items"]["properties"]["passages"]
    )
    assert cited["items"] == {"type": "string", "enum": ["1", "2", "3"]}
