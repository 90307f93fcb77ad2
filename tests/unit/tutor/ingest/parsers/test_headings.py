import pytest

from lectern.tutor.domain.passage import PassageKind
from lectern.tutor.ingest.parsers.headings import kind_of_heading

_TASKS = [
    "Exercises",
    "Exercise",
    "Exercise 1",
    "Exercise 2.1: Reverse a list",
    "Exercise 3 Reverse a list",
    "3.4 Exercises",
    "Practice",
    "Practice: loops",
    "Practice problems",
    "Quiz",
    "Quiz 2",
    "Review questions",
    "Review Questions for Chapter 3",
    "Check your understanding",
    "Try it yourself",
    "Übungen",
    "Aufgabe 4b",
    "Übungsaufgaben",
    "Exercices",
    "Exercice 2 : Boucles",
    "Ejercicios",
    "Ejercicio 3",
    "Problem 4",
    "Problems",
    "Questions",
    "Chapter 3 exercises",
    "✏️ Exercises",
    "Homework 2",
    "Exercise (hard)",
    "End-of-chapter problems",
    "Self-check",
    "Exercises for this section",
    "Multiple choice",
    "Short answer",
    "True/false questions",
    "Tasks",
    "Your turn!",
    "Exercises and questions",
]
_ANSWERS = [
    "Solutions",
    "Solution",
    "Answers",
    "Answer key",
    "Answer Key: Chapter 2",
    "Solutions to the exercises",
    "Solution to Exercise 2",
    "Answers to the quiz",
    "Lösungen",
    "Lösung zu Aufgabe 3",
    "Musterlösung",
    "Corrigés",
    "Réponses",
    "Soluciones",
    "Respuestas",
    "Show solution",
    "Exercise solutions",
    "Solution 3",
    "Quiz answers",
    "Exercises and solutions",
    "Lösungen zu den Übungen",
    "Answers to odd-numbered exercises",
    "Exercise 2 solution",
    "Corrigé de l'exercice 2",
]
_SUMMARIES = [
    "Summary",
    "Key terms",
    "Learning objectives",
    "Chapter summary",
    "In short",
    "Recap",
    "Zusammenfassung",
    "Key Concepts and Summary",
]
_ORDINARY = [
    "Solutions of acids",
    "The solution",
    "The problem",
    "Matching",
    "True or false",
    "Challenges",
    "Exercise and health",
    "Practice makes perfect",
    "Practices of good coding",
    "Answering questions",
    "Problem solving",
    "Problem: integer overflow",
    "Question marks",
    "Assignment",
    "Assignment statements",
    "Quiz show history",
    "Exercise physiology",
    "Solution chemistry",
    "Solutions and mixtures",
    "Best practices",
    "The problem of induction",
    "Questions about loops?",
    "Exercise in cardiac patients",
    "Answer set programming",
    "Aufgaben der Leber",
    "Exercise science",
    "Solutions for hyponatremia",
    "Solution concentration",
    "Summary statistics",
    "Exercise-induced asthma",
    "Task scheduling",
    "Challenges of scaling",
    "Matching patterns",
    "Homework and sleep",
    "Review of literature",
    "Practice of medicine",
    "Problems with floats",
    "Isotonic solutions",
    "Assignment operators",
    "Python",
    "Exercise of power",
    "What is a solution?",
    "Hypotonic solution",
    "Buffer solutions",
    "Points",
    "Terms",
    "Concepts",
    "Review",
]


@pytest.mark.parametrize("heading", _TASKS)
def test_a_heading_of_tasks_is_known(heading: str) -> None:
    assert kind_of_heading(heading) is PassageKind.EXERCISE


@pytest.mark.parametrize("heading", _ANSWERS)
def test_a_heading_of_answers_is_known(heading: str) -> None:
    assert kind_of_heading(heading) is PassageKind.SOLUTION


@pytest.mark.parametrize("heading", _SUMMARIES)
def test_a_heading_of_a_summary_is_known(heading: str) -> None:
    assert kind_of_heading(heading) is PassageKind.SUMMARY


@pytest.mark.parametrize("heading", _ORDINARY)
def test_a_section_that_only_uses_such_a_word_stays_ordinary(heading: str) -> None:
    assert kind_of_heading(heading) is None


def test_a_long_heading_costs_no_time() -> None:
    assert kind_of_heading("practice the " * 50_000) is None
