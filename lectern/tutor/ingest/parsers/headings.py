"""What a heading says of all that stands under it: tasks, their answers, a summary, or nothing."""

import re

from lectern.tutor.domain.passage import PassageKind

#: Words that may stand before: "Review questions", "Show solution", "Chapter 3 exercises".
_BEFORE = (
    r"(?:(?:practice|review|self|check|test|end[- ]of[- ]chapter|chapter|section|lesson|unit|week|part|module|day|additional|more|extra|bonus"
    r"|further|some|worked|selected|coding|programming|homework|hands[- ]on|discussion|multiple[- ]choice|true(?:/| or )false|matching|critical thinking|sample|model|suggested"
    r"|possible|exercises?|quiz|show|see|reveal|view|click for|your|and|&|[\divxl]+)[\s:.-]+){0,4}"
)
#: A number or letter behind: "Exercise 3", "Quiz 2.1", "Problem IV", "Aufgabe 4b".
_NUMBER = r"(?:no\.?\s*|nr\.?\s*|\#\s*)?(?:\d+(?:\.\d+)*[a-z]?|[ivx]+|[a-h])"
#: What the tasks are for, which a whole heading may go on to say: "Exercises for chapter 3", "Answers to the quiz".
_OF_WHAT = (
    r"(?:\s+(?:for|to|of|from|on|zu[mr]?|der|des|du|de la|de los|de las|de|de l['’]|aux?|a los|a las)\s*\b(?:the\s+|this\s+|den\s+|all\s+)?(?:odd[- ]numbered\s+|"
    r"selected\s+|review\s+|practice\s+)?(?:exercises?|questions?|problems?|quiz(?:zes)?|chapter|section|lesson|unit|week|module|übung(?:en)?|aufgaben?|exercices?|"
    r"ejercicios|preguntas|kapitel|chapitre|capítulo)(?:\s+" + _NUMBER + r")?)?"
)

#: These may be followed by a title of their own: "Exercise 3: Reverse a list", "Practice - loops".
_TASKS = (
    r"exercises?|practice(?: problems?| questions?| exercises?)?|quiz(?:zes)?|homework|homework assignments?|self[- ]?(?:check|test|assessment)"
    r"|check your understanding|check yourself|test yourself|your turn|try it(?: yourself| out)?|try this|now you try"
    r"|review questions?|multiple[- ]choice(?: questions?)?|fill in the blanks?|short answers?"
    r"|übung(?:en|saufgaben?)?|aufgaben?|übungsfragen|kontrollfragen|wiederholungsfragen|exercices?|travaux pratiques|ejercicios?|práctica|autoevaluación"
)
_ANSWERS = (
    r"solutions?|answer keys?|answers?|solution keys?|lösung(?:en)?|musterlösung(?:en)?|lösungsvorschl[aä]g(?:e)?|corrigés?|réponses?"
    r"|soluci(?:ón|ones)|respuestas?|clave de respuestas"
)
#: Ordinary words as well: they count alone or with a number only ("Problem 4"), never with a title behind.
_TASKS_ALONE = r"problems|questions|tasks|assignments|preguntas|fragen|problèmes"
_NUMBERED_ALONE = r"assignment|challenge|task|problem|question|frage|pregunta"
_SUMMARIES = (
    r"(?:key (?:terms|concepts|ideas|points|takeaways)|(?:(?:chapter|section|lesson|unit)\s+)?(?:summary|takeaways|glossary|learning (?:objectives|outcomes|goals)"
    r"|objectives|recap|zusammenfassung|lernziele|glossar|résumé|objectifs|glossaire|resumen|objetivos|glosario))"
    r"|(?:key concepts and summary|in short|in a nutshell|what you (?:will learn|have learned|learned))"
)
#: A title follows behind one of these.
_THEN = r"(?:\s*[:–—]\s*\S.*|\s+-\s+\S.*|\s*\([^()]*\))"

_SOLUTION = re.compile(rf"{_BEFORE}(?:{_ANSWERS})(?:\s+{_NUMBER})?{_OF_WHAT}{_THEN}?", re.IGNORECASE)
_EXERCISE = re.compile(
    rf"{_BEFORE}(?:(?:{_TASKS})(?:\s+{_NUMBER}|{_OF_WHAT}){_THEN}?|(?:{_TASKS_ALONE}){_OF_WHAT}"
    rf"|(?:{_NUMBERED_ALONE}|exercise|übung|aufgabe|exercice|ejercicio)\s+{_NUMBER}{_THEN}?"
    r"|(?:exercise|problem|übung|aufgabe|exercice|ejercicio)\s+\d+(?:\.\d+)*\.?\s+\S.*)",
    re.IGNORECASE,
)
_SUMMARY = re.compile(_SUMMARIES, re.IGNORECASE)
#: Numbers, signs and emoji around a heading.
_AROUND = re.compile(r"^[\W\d_]+|[\W_]+$")
_LONGEST = 120


def kind_of_heading(heading: str) -> PassageKind | None:
    """Return what a heading says of all that stands under it, or None when it says nothing.

    The word must be the whole heading, or stand before a number or a title of its own: "Exercise 2: Reverse a list" and
    "Answers to the quiz" count; "Exercise and health", "Solutions of acids" and "Practice makes perfect" do not.
    """
    bare = _AROUND.sub("", heading) if len(heading) <= _LONGEST else ""
    if heading.rstrip().endswith(")") and "(" in bare:
        bare += ")"
    if _SOLUTION.fullmatch(bare):
        return PassageKind.SOLUTION
    if _EXERCISE.fullmatch(bare):
        return PassageKind.EXERCISE
    return PassageKind.SUMMARY if _SUMMARY.fullmatch(bare) else None
