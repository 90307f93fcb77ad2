import pytest

from lectern.tutor.domain.document import Block, BlockForm
from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.parsers.cnxml import parse

_NAMES = 'xmlns="http://cnx.rice.edu/cnxml" xmlns:m="http://www.w3.org/1998/Math/MathML"'


def _module(content: str, title: str = "Cells", before: str = "", after: str = "") -> bytes:
    return f"{before}<document {_NAMES}><title>{title}</title><content>{content}</content>{after}</document>".encode()


def _blocks(content: str) -> tuple[Block, ...]:
    return parse(_module(content), "modules/m1").blocks


def _texts(content: str) -> list[str]:
    return [block.text for block in _blocks(content)]


def test_sections_give_the_path_and_elements_the_anchors() -> None:
    document = parse(
        _module(
            '<para id="p0">Hi.</para><section id="s"><title>Walls</title><para id="p1">Yo.</para></section>'
        ),
        "m",
    )
    assert document.title == "Cells"
    assert [(b.text, b.heading_path, b.anchor) for b in document.blocks] == [
        ("Hi.", (), "p0"),
        ("Yo.", ("Walls",), "p1"),
    ]


def test_pictures_films_and_captions_leave_nothing_behind() -> None:
    content = (
        '<para>A wall (<link target-id="f"/>) holds (see <link target-id="f"/>), as in <link target-id="f"/>.</para>'
        '<figure id="f"><media><image src="x"/></media><caption>A wall</caption></figure>'
        '<para><link target-id="f"/> shows it<footnote>1</footnote><link url="x"/>.</para><media><iframe src="y"/></media>'
    )
    assert _texts(content) == ["A wall holds, as in the figure.", "The figure shows it."]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('Phase. (<link target-id="x"/>). Next.', "Phase. Next."),
        ('See <link target-id="f"/>, <link target-id="f"/>, and <link target-id="f"/>.', "See the figures."),
        ('<link target-id="f"/> and <link target-id="f"/> show it.', "The figures show it."),
    ],
    ids=["two-stops", "three-pointers", "first-word"],
)
def test_pointers_leave_a_sentence_that_reads_well(content: str, text: str) -> None:
    assert _texts(f'<para>{content}</para><figure id="f"/>') == [text]


def test_an_equation_in_a_paragraph_has_a_line_of_its_own() -> None:
    content = "<para>So:<equation><m:math><m:mi>x</m:mi></m:math></equation>where x is old.</para>"
    assert _texts(content) == ["So:", "x", "where x is old."]


def test_brackets_that_the_author_wrote_stay() -> None:
    content = (
        "<para>Call <code>input()</code> or <term>print()</term> with [] or a != b "
        '(<link target-id="none"/>) and <code>x[ 1 ] != ( )</code>.</para>'
    )
    assert _texts(content) == ["Call `input()` or print() with [] or a != b and `x[ 1 ] != ( )`."]


def test_the_first_letter_stays_as_it_is() -> None:
    assert _texts("<para>pH and mRNA matter.</para>") == ["pH and mRNA matter."]


def test_code_keeps_its_lines_also_those_made_by_newline_elements() -> None:
    content = '<para>Type:<code lang="python" display="block">if a:\n    b()</code>Then.</para>'
    assert _texts(content) == ["Type:", "```python\nif a:\n    b()\n```", "Then."]
    assert _texts("<code>a = 1<newline/>b = 2</code>") == ["```\na = 1\nb = 2\n```"]


def test_lists_keep_items_apart_also_nested_and_with_code() -> None:
    content = (
        '<list list-type="enumerated"><item>one<list><item>in</item></list></item>'
        '<item><para>two</para><code display="block">x = 1</code></item></list>'
    )
    assert _texts(content) == ["1. one\n  - in\n2. two", "```\nx = 1\n```"]


def test_a_table_inside_a_table_comes_once() -> None:
    row = "<row><entry>{}</entry><entry>b</entry></row>"
    table = "<table><tgroup><tbody>{}</tbody></tgroup></table>"
    content = table.format(row.format("<para>a</para>") + row.format(table.format(row.format("in"))))
    assert _texts(content)[0].splitlines()[0] == "a | b"
    assert _texts(content)[0].count("in") == 1
    assert _blocks(content)[0].form is BlockForm.TABLE


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<m:msup><m:mi>x</m:mi><m:mn>2</m:mn></m:msup>", "x^2"),
        ("<m:mfrac><m:mi>a</m:mi><m:mrow><m:mn>2</m:mn><m:mi>b</m:mi></m:mrow></m:mfrac>", "a/(2b)"),
        ("<m:msub><m:mi>N</m:mi><m:mn>0</m:mn></m:msub><m:mn>2</m:mn>", "N_0 2"),
        (
            "<m:mi>a</m:mi><m:mo>=</m:mo><m:mo>−</m:mo><m:mi>b</m:mi><m:mo>−</m:mo><m:mi>c</m:mi>",
            "a = −b − c",
        ),
        ("<m:msqrt><m:mi>a</m:mi><m:mo>+</m:mo><m:mn>1</m:mn></m:msqrt>", "√(a + 1)"),
    ],
    ids=["power", "fraction", "index-then-number", "signs", "root"],
)
def test_formulas_become_a_line_of_text(markup: str, text: str) -> None:
    assert _texts(f"<equation><m:math>{markup}</m:math></equation>") == [text]


def test_raised_and_lowered_letters_read_as_chemists_write_them() -> None:
    content = "<para>H<sub>2</sub>O, H<sup>+</sup>, (<sup>15</sup>N)</para>"
    assert _texts(content) == ["H2O, H^+, (15N)"]


@pytest.mark.parametrize(
    ("content", "kinds"),
    [
        ("<exercise><problem><para>q</para></problem><solution><para>a</para></solution></exercise><para>b</para>", "exercise solution body"),
        ('<note class="practice-program"><para>q</para></note><para>b</para>', "exercise body"),
        ('<note class="microbiology check-your-understanding"><list><item>q</item></list></note>', "exercise"),
        ('<section class="multiple-choice"><title>X</title><para>q</para></section>', "exercise"),
        ('<section class="learning-objectives"><para>o</para></section><para>b</para>', "summary body"),
        ("<section><title>Learning objectives</title><para>o</para></section>", "summary"),
        ('<section class="summary"><para>s</para><exercise><para>q</para></exercise></section>', "summary exercise"),
        ("<section><title>Solutions</title><para>Salt dissolves.</para></section>", "body"),
        ('<note class="link-to-learning"><title>Link</title><para>b</para></note>', "body"),
    ],
    ids=["elements", "practice", "check", "choice", "objectives", "objectives-by-title", "summary", "chemistry", "note"],
)  # fmt: skip
def test_tasks_answers_and_summaries_are_told_apart(content: str, kinds: str) -> None:
    assert [block.kind.value for block in _blocks(content)] == kinds.split()


def test_a_definition_reads_term_and_meaning() -> None:
    glossary = "<glossary><definition><term>cell</term><meaning>smallest unit of life</meaning></definition></glossary>"
    block = parse(_module("<para>x</para>", after=glossary), "m").blocks[-1]
    assert (block.text, block.kind.value) == ("cell: smallest unit of life", "summary")


_LAUGHS = (
    '<!DOCTYPE d [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    + "]>"
)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (_module("<para>x</par>"), r"broken XML.*line 1"),
        (b"\0\1binary", "broken XML"),
        (b"<html><body>x</body></html>", "no CNXML module"),
        (_module(""), "no text in it"),
        (_module("<section>" * 10_000 + "<para>x</para>" + "</section>" * 10_000), "too deeply"),
        (_module("<para>&a11;</para>", before=_LAUGHS), "entities|entity"),
        (
            _module("<para>&x;</para>", before='<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
            "entities",
        ),
        (_module("<para>&nbsp;</para>"), "broken XML"),
    ],
    ids=["empty", "broken", "binary", "html", "no-text", "bottomless", "laughs", "external", "undeclared"],
)
def test_what_cannot_be_read_is_told_in_a_sentence(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason) as caught:
        parse(data, "modules/m1")
    assert "modules/m1" in str(caught.value)
    assert caught.value.hint


def test_nesting_just_below_the_limit_is_read() -> None:
    assert _texts("<section>" * 240 + "<para>x</para>" + "</section>" * 240) == ["x"]


def test_what_is_marked_as_a_term_is_one_of_its_block_but_for_what_is_marked_for_an_index_only() -> None:
    content = (
        '<para>A <term>cell wall</term> of <term class="no-emphasis">Hooke</term> and <term><code>print()</code></term>.</para>'
        "<list><item>The <term>plasma membrane</term> is thin.</item></list>"
    )
    assert [block.terms for block in _blocks(content)] == [("cell wall", "`print()`"), ("plasma membrane",)]


def test_a_glossary_gives_its_terms() -> None:
    after = "<glossary><definition><term>wall</term><meaning>what is around</meaning></definition></glossary>"
    *_, block = parse(_module("<para>Hi.</para>", after=after), "m").blocks
    assert (block.text, block.terms) == ("wall: what is around", ("wall",))
