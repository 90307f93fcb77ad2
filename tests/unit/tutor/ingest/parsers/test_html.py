import pytest

from lectern.tutor.domain.passage import PassageKind
from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.parsers.html import parse


def _texts(markup: str) -> list[str]:
    return [block.text for block in parse(markup.encode(), "x.html").blocks]


PAGE = """<html lang="en-GB"><head><title>Site</title><style>p{}</style></head><body>
<nav>Menu</nav><main><header><h1>Lists</h1><p>by me</p></header>
<p>One <em>two</em>,<br>three.</p><section id="why"><h2>Why<a class="headerlink" href="#why">¶</a></h2>Loose
<b>words</b>.<aside>Ad</aside></section>
<h2 id="ex">Exercises</h2><p>Do it.</p></main><footer>(c)</footer><script>x</script></body></html>"""


def test_a_page_gives_its_main_part_with_titles_and_anchors() -> None:
    document = parse(PAGE.encode(), "x.html")
    assert (document.title, document.language) == ("Lists", "en")
    assert [(b.text, b.heading_path, b.anchor, b.kind) for b in document.blocks] == [
        ("One two, three.", (), "", PassageKind.BODY),
        ("Loose words.", ("Why",), "why", PassageKind.BODY),
        ("Do it.", ("Exercises",), "ex", PassageKind.EXERCISE),
    ]


def test_the_page_title_stands_in_for_a_missing_heading() -> None:
    assert parse(b"<title>My  page</title><p>x", "x.html").title == "My page"


def test_code_lists_and_tables_keep_their_lines() -> None:
    assert _texts('<pre><code class="language-python">a\n  b</code></pre>') == ["```python\na\n  b\n```"]
    assert _texts("<figure><pre>x</pre><figcaption>Cap</figcaption></figure>") == ["```\nx\n```"]
    assert _texts("<ul><li>a <code>x()</code><ol><li>b<li>c</ol><li><p>d</p></ul>") == [
        "- a `x()`\n  1. b\n  2. c\n- d"
    ]
    assert _texts("<ol><li>Do<pre>x</pre>then</li></ol>") == ["1. Do", "```\nx\n```", "then"]
    assert _texts("<dl><dt>list</dt><dd>a row</dd></dl>") == ["- list: a row"]
    assert _texts("<table><tr><th>a<th>b<tr><td>1<td><p>2</table>") == ["a | b\n1 | 2"]


def test_what_is_folded_away_under_solution_is_one() -> None:
    markup = "<p>Q</p><details><summary>Solution</summary><p>A</p></details><p>B</p>"
    blocks = parse(markup.encode(), "x.html").blocks
    assert [block.kind.value for block in blocks] == ["body", "solution", "body"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("<p>Über “uns”".encode(), id="utf-8"),
        pytest.param("<p>Über “uns”".encode("cp1252"), id="undeclared"),
        pytest.param("<meta charset=windows-1252><p>Über “uns”".encode("cp1252"), id="declared"),
        pytest.param("<p>Über “uns”".encode("utf-16"), id="mark"),
    ],
)
def test_the_encoding_is_found(data: bytes) -> None:
    assert parse(data, "x.html").blocks[0].text == "Über “uns”"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"<p>a\0b", "is no text", id="binary"),
        pytest.param(b"<html><body><img src=x></body></html>", "no text in it", id="pictures"),
        pytest.param(b"<!-- x -->", "no text in it|cannot be read", id="comment"),
        pytest.param(b"<p>before</p>" + b"<div>" * 10_000 + b"x", "deep", id="bottomless"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        parse(data, "x.html")


def test_bold_letters_and_what_a_definition_defines_are_terms_of_their_block() -> None:
    markup = (
        "<p>A <b>black tea</b> is <strong>hot</strong>.</p><p>No <i>term</i>.</p>"
        "<dl><dt>Pot</dt><dd>holds it</dd></dl><ul><li><dfn>Lid</dfn>: closes it</li></ul>loose <b>leaves</b> here"
    )
    blocks = parse(markup.encode(), "x.html").blocks
    assert [block.terms for block in blocks] == [
        ("black tea", "hot"),
        (),
        ("Pot",),
        ("Lid",),
        ("leaves",),
    ]


def test_terms_of_a_block_have_a_bound() -> None:
    items = "".join(f"<li><b>term {number}</b> is here</li>" for number in range(20_000))
    (block,) = parse(f"<ul>{items}</ul>".encode(), "x.html").blocks
    assert len(block.terms) == 200
