"""A port is there because two real implementations are, or for a written reason."""

import inspect
from importlib import import_module
from pkgutil import iter_modules

import pytest

from lectern.adapters.celery.broker import CeleryBroker
from lectern.adapters.fts.index import FtsPassageIndex
from lectern.adapters.models.chat import ChatLanguageModel
from lectern.adapters.models.slots import LocalSlots
from lectern.adapters.neo4j.concepts import Neo4jConceptGraph
from lectern.adapters.sql.concepts import SqlConcepts
from lectern.adapters.sql.conversations import SqlConversations
from lectern.adapters.sql.courses import SqlCourses, SqlIndexingJobs
from lectern.adapters.sql.ledger import SqlLedger
from lectern.adapters.sql.questions import SqlQuestions
from lectern.adapters.sql.readings import SqlReadings
from lectern.adapters.sql.runs import SqlRuns
from lectern.adapters.sql.standings import SqlStandings
from lectern.adapters.sql.teacher_answers import SqlTeacherAnswers
from lectern.adapters.sql.workers import SqlWorkers
from lectern.adapters.valkey.slots import ValkeySlots
from lectern.adapters.weaviate.index import WeaviatePassageIndex
from lectern.engine import ports as engine_ports
from lectern.tutor import ports as tutor_ports
from lectern.tutor.ports import concepts, courses, language_model, passage_server, passages, questions
from lectern.tutor.retrieval.standby import StandbyIndex

#: Each port with its implementations, and why it is one where there is only one.
PORTS = {
    engine_ports.RunStore: ([SqlRuns], "the engine may not know Django"),
    engine_ports.RunQueue: ([SqlRuns], "the engine may not know Django"),
    engine_ports.LostRuns: ([SqlRuns], "the engine may not know Django"),
    engine_ports.Standings: ([SqlStandings], "the engine may not know Django"),
    engine_ports.FailedRuns: ([SqlRuns], "the engine may not know Django"),
    engine_ports.ResultCopies: ([SqlRuns], "the engine may not know Django"),
    engine_ports.Retention: ([SqlRuns], "the engine may not know Django"),
    engine_ports.WorkerRegistry: ([SqlWorkers], "the engine may not know Django"),
    engine_ports.Conversations: ([SqlConversations], "the engine may not know Django"),
    engine_ports.Broker: (
        [CeleryBroker],
        "the engine may not know Celery; Celery itself has several brokers",
    ),
    passages.PassageIndex: ([FtsPassageIndex, WeaviatePassageIndex, StandbyIndex], ""),
    passages.PassageStore: ([FtsPassageIndex, WeaviatePassageIndex], ""),
    passage_server.PassageServer: ([WeaviatePassageIndex], "what the tutor's standby needs of a server"),
    passage_server.Publications: ([SqlLedger], "the tutor may not know Django"),
    concepts.ConceptGraph: ([SqlConcepts, Neo4jConceptGraph], ""),
    concepts.ConceptStore: ([SqlConcepts, Neo4jConceptGraph], ""),
    concepts.ConceptReadings: ([SqlReadings], "the tutor may not know Django"),
    courses.CourseCatalog: ([SqlCourses], "the tutor may not know Django"),
    courses.IndexingJobs: ([SqlIndexingJobs], "the tutor may not know Django"),
    questions.Questions: ([SqlQuestions], "the tutor may not know Django"),
    questions.TeacherAnswers: ([SqlTeacherAnswers], "the tutor may not know Django"),
    language_model.LanguageModel: (
        [ChatLanguageModel],
        "the tutor may not know providers' errors; LangChain's clients of several providers stand behind it",
    ),
    language_model.ModelSlots: ([ValkeySlots, LocalSlots], ""),
}


def _protocols(module: object) -> set[type]:
    members = inspect.getmembers(module, inspect.isclass)
    return {
        cls for _, cls in members if getattr(cls, "_is_protocol", False) and cls.__module__ == module.__name__
    }  # type: ignore[attr-defined]


def test_every_port_is_listed_with_its_implementations() -> None:
    modules = [
        import_module(f"{tutor_ports.__name__}.{one.name}") for one in iter_modules(tutor_ports.__path__)
    ]
    assert set[type]().union(*map(_protocols, [engine_ports, *modules])) == set(PORTS)


def _methods(cls: type) -> dict[str, object]:
    return {
        name: member for name, member in vars(cls).items() if inspect.isfunction(member) and name[0] != "_"
    }


@pytest.mark.parametrize("port", PORTS, ids=lambda port: port.__name__)
def test_a_port_is_small_documented_and_implemented_with_its_own_signatures(port: type) -> None:
    methods = _methods(port)
    assert 1 <= len(methods) <= 10
    implementations, reason = PORTS[port]
    assert len(implementations) > 1 or reason
    for name, method in methods.items():
        assert inspect.getdoc(method), f"{port.__name__}.{name} promises nothing"
        for implementation in implementations:
            theirs = inspect.signature(getattr(implementation, name))
            assert theirs.parameters.keys() == inspect.signature(method).parameters.keys()  # type: ignore[arg-type]
