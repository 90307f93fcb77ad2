"""The report for people: Markdown tables of what `scoring` counted. Every figure of it is in the JSON beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]


def markdown(report: Json) -> str:
    """Return the whole report."""
    parts = ["# What students get, measured", "", *_made(report)]
    if report.get("targets"):
        parts += ["", "## Asked and reached", "", *_targets(report["targets"])]
    parts += ["", "## Compared with the stored baseline", "", *_compared(report)]
    parts += [
        "",
        "![Share of questions whose document is among the first five passages](retrieval.svg)",
        "",
        "![Share of questions that were declined](refusal.svg)",
    ]
    for trial in report["trials"]:
        parts += ["", f"## {trial['name']}", "", *_trial(trial)]
    if report.get("latency"):
        parts += ["", "## Time of an answer", "", *_latency(report["latency"])]
    parts += ["", "## How to read it", "", _READING]
    return "\n".join(parts) + "\n"


def summary(report: Json) -> str:
    """Return a few lines for a terminal."""
    lines = []
    for trial in report["trials"]:
        for name, part in trial["sets"].items():
            said = [f"{part['n']} questions"]
            if "retrieval" in part:
                said += [
                    f"{measure} {part['retrieval'][measure]['value']:.3f}" for measure in ("hit@5", "mrr@10")
                ]
            if "confidence" in part:
                said.append(f"AUROC {_figure(part['confidence']['auroc'])}")
            if part.get("own_declined"):
                said.append(f"declined {part['own_declined']['value']:.1%}")
            if "retrieval" not in part and trial["refusal"]:
                said.append(f"declined {trial['refusal']['foreign_declined']['value']:.1%}")
            lines.append(f"{trial['name']}, {name}: {', '.join(said)}")
    lines += ["", *_targets(report["targets"])] if report.get("targets") else []
    lines += ["", *_paired(report)] if report["compared"] is not None else []
    return "\n".join(lines)


def _made(report: Json) -> list[str]:
    model = report["language_model"]
    who = (
        f"written by {model}, checked sentence by sentence"
        if model
        else "quotes of the course, without a language model"
    )
    sample = f" Of each set, {report['sample']} questions that a seed chose." if report["sample"] else ""
    return [
        f"`make eval`: each question went through the tutor's own graph. Answers: {who}.{sample} An answer counts as right "
        f"for its confidence by the rule `{report['rule']}`. Brackets hold 95% bootstrap intervals over questions."
    ]


def _targets(targets: Sequence[Json]) -> list[str]:
    said = {True: "yes", False: "**no**", None: "–"}
    rows = [[one["what"], one["asked"], one["reached"], said[one["met"]]] for one in targets]
    return _table(["what", "asked", "reached", "met"], rows)


def _compared(report: Json) -> list[str]:
    if report["compared"] is None:
        return ["There is no stored baseline for these questions."]
    if not report["drops"]:
        first = ["No measure fell by more than chance."]
    else:
        first = [f"- **{one}**" for one in report["drops"]]
    rows = [
        [name, measure, _signed(figure), figure["n"]]
        for name, measures in report["compared"].items()
        for measure, figure in measures.items()
        if figure["value"] or any(figure["ci95"])
    ]
    changed = ["", *_table(["set", "measure", "new less old", "n"], rows)] if rows else []
    return [*first, "", *(f"- {one}" for one in _paired(report)), *changed]


def _paired(report: Json) -> list[str]:
    return [
        f"{name}: {of['compared']} questions were compared with their stored outcomes; {of['not_asked']} stored ones were "
        f"not asked, and nothing is stored of {len(of['not_stored'])} that were."
        for name, of in report["pairs"].items()
    ]


def _trial(trial: Json) -> list[str]:
    parts = [
        f"{trial['passages']} passages of {trial['documents']} documents. Confidence: {trial['calibration']}.",
        *[f"- Left out: {one}" for one in trial["problems"]],
        *_leaks(trial["leaks"]),
        *[
            f"- **{part['failed']} questions of {name} ended with an error**; they count against the system."
            for name, part in trial["sets"].items()
            if part["failed"]
        ],
    ]
    sets = {name: part for name, part in trial["sets"].items() if "retrieval" in part}
    if sets:
        parts += ["", "### Retrieval", "", *_retrieval(sets)]
    for title, name in (("By kind", "by_kind"), ("By length", "by_length")):
        if any(len(part.get(name, {})) > 1 for part in sets.values()):
            parts += ["", f"#### {title}", "", *_groups(sets, name)]
    if trial["confidence"]:
        parts += ["", "### Confidence", "", *_confidence(trial)]
    if trial["refusal"] or any("refusal" in part for part in trial["sets"].values()):
        parts += ["", "### Refusal", "", *_refusal(trial)]
    if trial["citations"]:
        parts += ["", "### Citations", "", *_citations(trial["citations"])]
    parts += _answers(trial["sets"])
    if trial["model"]["calls"]:
        parts += ["", "### Language model", "", *_model(trial["model"])]
    return parts


def _leaks(leaks: Json) -> list[str]:
    said = {
        "questions_in_course_text": "questions stand word for word in the course: exercises were ingested",
        "left_out_document_found": "questions found a document that was to be left out",
    }
    return [
        f"- **LEAK: {count} {said[name]}. These numbers do not count.**"
        for name, count in leaks.items()
        if count
    ]


def _retrieval(sets: Json) -> list[str]:
    rows = []
    for name, part in sets.items():
        found = part["retrieval"]
        rows.append([name, found["n"], *(_figure(found[measure]) for measure in _MEASURES)])
        if "minus_plain" in found["mrr@10"]:
            rows.append(
                ["less plain fusion", "", *(_signed(found[measure]["minus_plain"]) for measure in _MEASURES)]
            )
    return _table(["set", "n", *_MEASURES], rows)


def _groups(sets: Json, name: str) -> list[str]:
    rows = [
        [set_name, group, found["n"], *(_figure(found[measure]) for measure in ("hit@1", "hit@5", "mrr@10"))]
        for set_name, part in sets.items()
        for group, found in part.get(name, {}).items()
    ]
    return _table(["set", "group", "n", "hit@1", "hit@5", "mrr@10"], rows)


def _confidence(trial: Json) -> list[str]:
    measured = {name: part["confidence"] for name, part in trial["sets"].items() if part.get("confidence")}
    measured["all of the course"] = trial["confidence"]
    if trial["confidence_of_answers"]:
        measured["answers given (not declined)"] = trial["confidence_of_answers"]
    rows = [
        [
            name, one["n"], f"{one['base_rate']:.3f}",
            f"{one['ece']['value']:.4f}", f"{one['ece']['floor']:.4f}", f"{one['ece']['excess']:+.4f}",
            _figure(one["slope"]), _figure(one["auroc"]), _figure(one["brier_skill"]),
        ]
        for name, one in measured.items()
    ]  # fmt: skip
    head = ["set", "n", "right", "ECE", "its floor", "excess", "slope", "AUROC", "Brier skill"]
    bins = [
        [one["n"], f"{one['confidence']:.3f}", f"{one['right']:.3f}"]
        for one in trial["confidence"]["reliability"]
    ]
    return [
        *_table(head, rows),
        "",
        f"![What was said, and what was right](reliability_{trial['name']}.svg)",
        "",
        *_table(["questions", "mean confidence", "right"], bins),
    ]


def _refusal(trial: Json) -> list[str]:
    rows = []
    whole = trial["refusal"]
    if whole and not all("refusal" in part for part in trial["sets"].values()):
        rows.append(["questions that the course cannot answer", *_share(whole["foreign_declined"])])
        rows += [[f"– {kind}", *_share(one)] for kind, one in whole["by_kind"].items()]
    for name, part in trial["sets"].items():
        if part.get("own_declined"):
            rows.append([f"{name}: own questions", *_share(part["own_declined"])])
        if "refusal" in part:
            rows.append(
                [f"{name}: whose document was taken out", *_share(part["refusal"]["foreign_declined"])]
            )
    areas = {"all": whole, **{name: part.get("refusal") for name, part in trial["sets"].items()}}
    said = [
        f"AUROC of the confidence, answerable or not, {name}: {one['auroc_answerable']:.3f}."
        for name, one in areas.items()
        if one and one["auroc_answerable"] is not None
    ]
    return [*_table(["questions", "n", "declined"], rows), "", *dict.fromkeys(said)]


def _citations(cited: Json) -> list[str]:
    names = {
        "answers": "answers",
        "answers_without_citation": "answers without a citation",
        "quotes": "quotes",
        "unresolved": "quotes whose passage is not in the course at that place",
        "not_verbatim": "quotes that are not verbatim in their passage",
        "of_another_course": "quotes of another course that is loaded",
        "short_quotes": "quotes of fewer than five words",
    }
    rows = [[said, cited[name]] for name, said in names.items()]
    if cited["cite_gold"]:
        rows.append(["answers that cite the gold document or passage", _figure(cited["cite_gold"])])
    return _table(["what", "count"], rows)


def _answers(sets: Json) -> list[str]:
    said = {
        ("definitions", "first_sentence"): "first sentence is the definition (token F1 ≥ .7)",
        ("definitions", "cites_gold"): "cites the gold passage (overlap ≥ 60%)",
        ("expected_words", "answer"): "an expected word is in the answer",
        ("expected_words", "passages"): "an expected word is in the best five passages",
    }
    rows = [
        [name, text, _figure(part[group][measure])]
        for name, part in sets.items()
        for (group, measure), text in said.items()
        if group in part
    ]
    return ["", "### Answers", "", *_table(["set", "what", "share"], rows)] if rows else []


def _model(model: Json) -> list[str]:
    names = {
        "composed": "answers that the model wrote",
        "calls_a_question": "calls a question",
        "most_calls": "most calls for one question",
        "tokens_a_question": "tokens a question, read and written",
        "degraded": "questions for which some part was away",
    }
    return _table(["what", "measured"], [[said, model[name]] for name, said in names.items()])


def _latency(latency: Json) -> list[str]:
    rows = [
        [name, f"{latency[key]['p50']:.1f}", f"{latency[key]['p95']:.1f}"]
        for key, name in (("wall", "wall clock, ms"), ("cpu", "processor time of all threads, ms"))
    ]
    said = (
        f"The graph alone, from a question's input to its result, warm, one after the other, nothing remembered: "
        f"{latency['n']} questions of {latency['course']} ({latency['passages']} passages). Wall clock is only as good as the machine is quiet."
    )
    return [said, "", *_table(["time", "p50", "p95"], rows)]


_MEASURES = ("hit@1", "hit@5", "hit@10", "mrr@10")
_READING = (
    "hit@k: the gold document (or passage, where the question stores one) is among the first k passages. MRR@10: mean of "
    "1 / its rank. Plain fusion: FTS5's BM25 and cosines, stretched and added, half of each, on the same passages; a "
    "difference whose interval holds 0 is none. ECE: expected calibration error over ten bins of equal mass; a perfect "
    "predictor with the same confidences would get the floor by chance, so judge the excess. Slope: 1 is right, less is "
    "overconfident. Brier skill: by how much the squared error is below that of always saying the base rate."
)


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(str(cell).replace('|', '&#124;') for cell in line)} |" for line in lines]


def _figure(figure: Json | None) -> str:
    if figure is None or figure["value"] is None:
        return "–"
    ends = figure.get("ci95")
    return f"{figure['value']:.3f}" + (f" [{ends[0]:.3f}, {ends[1]:.3f}]" if ends else "")


def _signed(figure: Json) -> str:
    low, high = figure["ci95"]
    return f"{figure['value']:+.3f} [{low:+.3f}, {high:+.3f}]"


def _share(figure: Json | None) -> list[object]:
    return [figure["n"] if figure else 0, _figure(figure)]
