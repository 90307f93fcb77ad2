"""What was promised for the evaluation kit, and whether the figures of a report keep it. Misses are shown as such."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

Json = Mapping[str, Any]
#: Size of the course whose answers' time was promised.
_PASSAGES = 2787
#: A row's cells, and whether the promise is kept.
Reached = tuple[str, bool]
_NOT_ASKED: tuple[str, bool | None] = ("not asked", None)


class _NotAsked(Exception):
    """The report has no such questions, or they were asked of another course than the promise is about."""


def targets(report: Json) -> list[dict[str, Any]]:
    """Return the promises, each with what was reached and whether that is enough; `met` is None where it was not asked."""
    rows = []
    for what, asked, reach in _PROMISES:
        reached, met = _NOT_ASKED
        with suppress(_NotAsked):
            reached, met = reach(report)
        rows.append({"what": what, "asked": asked, "reached": reached, "met": met})
    return rows


def _set(report: Json, variant: str, name: str) -> Json:
    part: Json = _trial(report, variant, name)["sets"][name]
    return part


def _trial(report: Json, variant: str, set_name: str) -> Json:
    for trial in report["trials"]:
        if trial["name"].endswith(variant) and set_name in trial["sets"]:
            found: Json = trial
            return found
    raise _NotAsked


def _native(report: Json) -> Reached:
    found = _set(report, "given", "micro_native")["retrieval"]
    hit, mrr, more = found["hit@5"], found["mrr@10"], found["mrr@10"]["minus_plain"]
    said = f"{_figure(hit)}, {_figure(mrr)}, {more['value']:+.3f} [{more['ci95'][0]:+.3f}, {more['ci95'][1]:+.3f}]"
    return said, hit["value"] >= 0.94 and mrr["value"] >= 0.85 and more["ci95"][0] > 0


def _hit5(name: str, least: float) -> Callable[[Json], Reached]:
    def reach(report: Json) -> Reached:
        hit = _set(report, "given", name)["retrieval"]["hit@5"]
        return _figure(hit), hit["value"] >= least

    return reach


def _own_ingest(report: Json) -> Reached:
    found = [
        _set(report, "ingested", name)["retrieval"]
        for name in ("micro_native", "micro_keywords", "micro_typos")
    ]
    more = [(one["hit@5"]["minus_plain"]["value"], one["mrr@10"]["minus_plain"]["value"]) for one in found]
    said = "; ".join(f"{hit:+.3f}, {mrr:+.3f}" for hit, mrr in more)
    return said, min(min(pair) for pair in more) >= -0.01


def _confidence(report: Json) -> Reached:
    said = _set(report, "ingested", "micro_native")["confidence"]
    excess, slope = said["ece"]["excess"], said["slope"]["value"]
    area, skill = said["auroc"]["value"], said["brier_skill"]["value"]
    met = excess <= 0.02 and 0.85 <= (slope or 0) <= 1.15 and (area or 0) >= 0.8 and (skill or 0) >= 0.15
    return f"{excess:+.4f}, {slope or 0:.3f}, {area or 0:.3f}, {skill or 0:.1%}", met


def _near_miss(report: Json) -> Reached:
    area = _set(report, "ingested", "micro_nearmiss")["refusal"]["auroc_answerable"]
    return f"{area:.3f}", area >= 0.78


def _declined(course: str, own: str) -> Callable[[Json], Reached]:
    def reach(report: Json) -> Reached:
        trial = _trial(report, f"{course}_ingested", own)
        if trial["refusal"] is None:
            raise _NotAsked
        foreign, mine = trial["refusal"]["foreign_declined"], trial["sets"][own]["own_declined"]
        said = f"{foreign['value']:.1%} at {mine['value']:.1%} of {own}"
        return said, foreign["value"] >= 0.92 and mine["value"] <= 0.05

    return reach


def _citations(report: Json) -> Reached:
    cited = [trial["citations"] for trial in report["trials"] if trial["citations"]]
    if not cited:
        raise _NotAsked
    wrong = {
        name: sum(one[name] for one in cited) for name in ("unresolved", "not_verbatim", "of_another_course")
    }
    quotes = sum(one["quotes"] for one in cited)
    said = f"of {quotes}: {wrong['unresolved']}, {wrong['not_verbatim']}, {wrong['of_another_course']}"
    return said, not any(wrong.values())


def _definitions(report: Json) -> Reached:
    said = _set(report, "ingested", "python_definitions")["definitions"]
    cites, first = said["cites_gold"], said["first_sentence"]
    return f"{_figure(cites)}, {_figure(first)}", cites["value"] >= 0.85 and first["value"] >= 0.75


def _latency(report: Json) -> Reached:
    if report["latency"] is None or report["latency"]["passages"] != _PASSAGES:
        raise _NotAsked
    took = report["latency"]["wall"]
    return f"{took['p50']:.0f} ms, {took['p95']:.0f} ms", took["p50"] <= 40 and took["p95"] <= 100


def _figure(figure: Json) -> str:
    return f"{figure['value']:.3f} [{figure['ci95'][0]:.3f}, {figure['ci95'][1]:.3f}]"


_PROMISES: tuple[tuple[str, str, Callable[[Json], Reached]], ...] = (
    (
        "micro_native, passages as given: hit@5, MRR@10, MRR less plain fusion",
        "≥ .94, ≥ .85, interval above 0",
        _native,
    ),
    ("micro_keywords, passages as given: hit@5", "≥ .80", _hit5("micro_keywords", 0.80)),
    ("micro_typos, passages as given: hit@5", "≥ .925", _hit5("micro_typos", 0.925)),
    (
        "native, keywords, typos on the own ingest: hit@5 and MRR@10 less plain fusion",
        "≥ −.01 each",
        _own_ingest,
    ),
    (
        "confidence, micro_native on the own ingest: ECE's excess, slope, AUROC, Brier under the base rate's",
        "≤ .02, .85 to 1.15, ≥ .80, ≥ 15%",
        _confidence,
    ),
    ("micro_nearmiss: AUROC of the confidence, answerable or not", "≥ .78", _near_miss),
    (
        "micro_foreign declined, own declined",
        "≥ 92% at ≤ 5%",
        _declined("microbiology", "micro_native"),
    ),
    (
        "python_foreign declined, own declined",
        "≥ 92% at ≤ 5%",
        _declined("python_textbook", "python_definitions"),
    ),
    ("quotes that do not resolve, are not verbatim, are another course's", "0, 0, 0", _citations),
    (
        "python_definitions: cites the gold passage, first sentence is the definition",
        "≥ .85, ≥ .75",
        _definitions,
    ),
    ("a question, extractive, warm, 2,787 passages, pipeline time: p50, p95", "≤ 40 ms, ≤ 100 ms", _latency),
)
