"""Whatever the driver raises comes out as an error of ours that says what happened and what to do."""

import inspect

import pytest
from neo4j import exceptions as driver

from lectern.adapters.meanings import meaning_of
from lectern.adapters.neo4j.errors import MEANINGS, mapped
from lectern.tutor.errors import ConceptsUnavailable

#: What all others descend from: a row of theirs would take in whatever comes with a new version of the driver.
_ROOTS = (driver.GqlError, driver.Neo4jError, driver.DriverError)
RAISED = [
    cls
    for _, cls in inspect.getmembers(driver, inspect.isclass)
    if issubclass(cls, Exception) and cls not in _ROOTS and not issubclass(cls, Warning)
]


def test_no_row_takes_in_everything() -> None:
    assert not MEANINGS.keys() & set(_ROOTS)
    assert len(RAISED) > 25


@pytest.mark.parametrize("cls", RAISED, ids=lambda cls: cls.__name__)
def test_every_error_of_the_driver_has_a_meaning(cls: type[Exception]) -> None:
    assert meaning_of(cls, MEANINGS), f"{cls.__name__} has no row in MEANINGS"


def test_more_specific_rows_come_first() -> None:
    seen = list[type]()
    for cls in MEANINGS:
        assert not any(issubclass(cls, other) for other in seen), cls
        seen.append(cls)


@pytest.mark.parametrize("cls", [*RAISED, *_ROOTS, OSError, TimeoutError], ids=lambda cls: cls.__name__)
def test_what_is_raised_is_an_error_of_ours_that_may_pass(cls: type[Exception]) -> None:
    exc = cls.__new__(cls)  # some want a result or a session to be made
    Exception.__init__(exc, "No route to host\nand much more")
    with pytest.raises(ConceptsUnavailable) as raised, mapped("db:7687"):
        raise exc
    assert raised.value.passing
    assert raised.value.hint
    assert "Neo4j at db:7687" in str(raised.value)
    assert "much more" not in str(raised.value)
    assert raised.value.__cause__ is exc


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("Neo.ClientError.Transaction.TransactionTimedOut", "no room"),
        ("Neo.ClientError.Security.AuthenticationRateLimit", "refuses this user or password"),
        ("Neo.ClientError.Security.Unauthorized", "refuses this user or password"),
        ("Neo.ClientError.Security.Forbidden", "forbids"),
        ("Neo.ClientError.Statement.AccessMode", "takes no changes"),
        ("Neo.ClientError.General.ForbiddenOnReadOnlyDatabase", "takes no changes"),
        ("Neo.TransientError.Transaction.DeadlockDetected", "no room"),
        ("Neo.TransientError.General.DatabaseUnavailable", "does not answer"),
        ("Neo.DatabaseError.General.UnknownError", "failed inside"),
    ],
)
def test_what_the_server_says_is_told_by_its_code(code: str, says: str) -> None:
    exc = driver.Neo4jError._hydrate_neo4j(code=code, message="m")
    with pytest.raises(ConceptsUnavailable, match=says), mapped("db:7687"):
        raise exc
