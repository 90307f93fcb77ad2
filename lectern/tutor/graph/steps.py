"""What a student reads while the graph works. Apart from the graph, so that a web process need not load LangGraph."""

from collections.abc import Mapping

#: What a student reads while a node works. What works at the same time shows one sentence.
STEPS: Mapping[str, str] = {
    "condense": "Understanding the question",
    "search_keywords": "Searching the course",
    "search_vectors": "Searching the course",
    "build_on": "Searching the course",
    "fuse": "Ranking what was found",
    "sufficiency": "Judging what was found",
    "rewrite": "Wording the question differently",
    "answer": "Writing the answer",
    "verify_citations": "Checking the citations",
    "repair": "Dropping what the course does not support",
    "check_material": "Checking that the course still says so",
    "confidence": "Estimating the confidence",
    "read": "Reading the conversation",
    "reword": "Wording the question differently",
    "compose": "Writing the answer",
    "write_hint": "Writing a hint",
    "hint": "Checking that the hint tells no solution",
    "check_draft": "Checking the citations",
    "mend": "Mending the answer",
    "abstain": "Looking for the nearest sections",
}
