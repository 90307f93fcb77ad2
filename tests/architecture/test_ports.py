"""A port is there because two real implementations are, or for a written reason."""

import inspect

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
    tutor_ports.PassageIndex: ([FtsPassageIndex, WeaviatePassageIndex, StandbyIndex], ""),
    tutor_ports.PassageStore: ([FtsPassageIndex, WeaviatePassageIndex], ""),
    tutor_ports.PassageServer: ([WeaviatePassageIndex], "what the tutor's standby needs of a server"),
    tutor_ports.Publications: ([SqlLedger], "the tutor may not know Django"),
    tutor_ports.ConceptGraph: ([SqlConcepts, Neo4jConceptGraph], ""),
    tutor_ports.ConceptStore: ([SqlConcepts, Neo4jConceptGraph], ""),
    tutor_ports.ConceptReadings: ([SqlReadings], "the tutor may not know Django"),
    tutor_ports.CourseCatalog: ([SqlCourses], "the tutor may not know Django"),
    tutor_ports.IndexingJobs: ([SqlIndexingJobs], "the tutor may not know Django"),
    tutor_ports.Questions: ([SqlQuestions], "the tutor may not know Django"),
    tutor_ports.TeacherAnswers: ([SqlTeacherAnswers], "the tutor may not know Django"),
    tutor_ports.LanguageModel: (
        [ChatLanguageModel],
        "the tutor may not know providers' errors; LangChain's clients of several providers stand behind it",
    ),
    tutor_ports.ModelSlots: ([ValkeySlots, LocalSlots], ""),
}


def _protocols(module: object) -> set[type]:
    members = inspect.getmembers(module, inspect.isclass)
    return {
        cls for _, cls in members if getattr(cls, "_is_protocol", False) and cls.__module__ == module.__name__
    }  # type: ignore[attr-defined]


def test_every_port_is_listed_with_its_implementations() -> None:
    assert _protocols(engine_ports) | _protocols(tutor_ports) == set(PORTS)


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
