"""The statements of Cypher. Values are parameters, and every one names its course and version.

(:LecternCourse {course, owner, version, written, lock, material, concepts, needs, kinships})
    course     the course's key; one node each
    owner      the installation that has the course
    version    the one that is read, 0 without any
    written    all versions of which there may be nodes; those besides `version` are being written, or left over
    lock       set by who writes, so that writers of one course take turns
    added      the batch that was written last, so that one whose answer was lost is not written twice
(:LecternConcept {course, version, id, order, body})     body: what is told of it, as JSON
(:LecternName {course, version, number, concept, folded, key, is_first})
(:LecternConcept)-[:LECTERN_NEEDS | LECTERN_RELATED {number, weight}]->(:LecternConcept)
    number     the place in which it was given; decides between equals
"""

from functools import cache

#: Done once and again, they come to the same.
SCHEMA = (
    "CREATE CONSTRAINT lectern_course IF NOT EXISTS FOR (c:LecternCourse) REQUIRE c.course IS UNIQUE",
    "CREATE CONSTRAINT lectern_concept IF NOT EXISTS FOR (k:LecternConcept) "
    "REQUIRE (k.course, k.version, k.id) IS UNIQUE",
    "CREATE CONSTRAINT lectern_name IF NOT EXISTS FOR (n:LecternName) "
    "REQUIRE (n.course, n.version, n.number) IS UNIQUE",
    "CREATE INDEX lectern_order IF NOT EXISTS FOR (k:LecternConcept) ON (k.course, k.version, k.order)",
    "CREATE INDEX lectern_folded IF NOT EXISTS FOR (n:LecternName) ON (n.course, n.version, n.folded)",
    "CREATE INDEX lectern_key IF NOT EXISTS FOR (n:LecternName) ON (n.course, n.version, n.key)",
)
AWAIT_INDEXES = "CALL db.awaitIndexes(20)"

# --- versions --------------------------------------------------------------------------------------------------------

COURSES = "MATCH (c:LecternCourse {owner: $owner}) RETURN c.course AS course"
COURSE = "MATCH (c:LecternCourse {course: $course}) RETURN properties(c) AS course"
#: Makes the course's node, and holds its lock until the transaction ends.
LOCK = """
MERGE (c:LecternCourse {course: $course}) ON CREATE SET c.version = 0, c.written = []
SET c.lock = $lock, c.owner = $owner
RETURN c.version AS version, c.written AS written, c.added AS added
"""
SET_WRITTEN = "MATCH (c:LecternCourse {course: $course}) SET c.written = $written"
SWITCH = """
MATCH (c:LecternCourse {course: $course})
SET c.version = $version, c.material = $material, c.concepts = $concepts, c.needs = $needs, c.kinships = $kinships
"""
DELETE_COURSE = "MATCH (c:LecternCourse {course: $course}) WHERE c.version = 0 AND c.written = [] DELETE c"

# --- writing ---------------------------------------------------------------------------------------------------------

ADDED = "MATCH (c:LecternCourse {course: $course}) SET c.added = $batch"
ADD_CONCEPTS = """
UNWIND $rows AS row
CREATE (:LecternConcept {course: $course, version: $version, id: row.id, order: row.order, body: row.body})
"""
ADD_NAMES = """
UNWIND $rows AS row
CREATE (:LecternName {course: $course, version: $version, number: row.number, concept: row.concept,
  folded: row.folded, key: row.key, is_first: row.is_first})
"""
_ADD_EDGES = """
UNWIND $rows AS row
MATCH (k:LecternConcept {course: $course, version: $version, id: row.one})
UNWIND row.others AS edge
MATCH (o:LecternConcept {course: $course, version: $version, id: edge.other})
CREATE (k)-[:%s {number: edge.number, weight: edge.weight}]->(o)
"""
ADD_NEEDS = _ADD_EDGES % "LECTERN_NEEDS"
ADD_KINSHIPS = _ADD_EDGES % "LECTERN_RELATED"
COUNT_CONCEPTS = """
MATCH (k:LecternConcept {course: $course, version: $version}) WHERE k.order >= 0
RETURN count(k) AS concepts, sum(COUNT {(k)-[:LECTERN_NEEDS]->()}) AS needs, sum(COUNT {(k)-[:LECTERN_RELATED]->()}) AS kinships
"""
COUNT_NAMES = """
MATCH (n:LecternName {course: $course, version: $version}) WHERE n.number >= 0
RETURN count(n) AS names
"""
DELETE_NAMES = """
MATCH (n:LecternName {course: $course, version: $version}) WHERE n.number >= 0
WITH n LIMIT $limit
DELETE n
RETURN count(*) AS deleted
"""
DELETE_CONCEPTS = """
MATCH (k:LecternConcept {course: $course, version: $version}) WHERE k.order >= 0
WITH k LIMIT $limit
DETACH DELETE k
RETURN count(*) AS deleted
"""

# --- reading ---------------------------------------------------------------------------------------------------------
# Each gives one record: what it finds as `rows`, and the version that is read by then. For many records the driver takes longer
# than the server, and a look at the version of its own would be another way there and back.

_READ = """
OPTIONAL MATCH (c:LecternCourse {course: $course})
RETURN rows, coalesce(c.version, 0) AS version
"""
_CONCEPT = "{id: k.id, order: k.order, body: k.body}"
KEPT = f"""
OPTIONAL MATCH (c:LecternCourse {{course: $course, version: $version}})
WITH [{{concepts: coalesce(c.concepts, 0), material: coalesce(c.material, "")}}] AS rows
{_READ}"""
PAGE = f"""
MATCH (k:LecternConcept {{course: $course, version: $version}}) WHERE k.order >= 0
WITH k ORDER BY k.order SKIP $offset LIMIT $limit
WITH collect({_CONCEPT}) AS concepts
OPTIONAL MATCH (c:LecternCourse {{course: $course}})
RETURN [{{concepts: concepts, total: coalesce(c.concepts, 0)}}] AS rows, coalesce(c.version, 0) AS version
"""
BEGINNING = f"""
MATCH (n:LecternName {{course: $course, version: $version}}) WHERE n.folded STARTS WITH $prefix
WITH DISTINCT n.concept AS id
MATCH (k:LecternConcept {{course: $course, version: $version, id: id}})
WITH k ORDER BY k.order
WITH collect(k) AS found
WITH [{{concepts: [k IN found[$offset..$offset + $limit] | {_CONCEPT}], total: size(found)}}] AS rows
{_READ}"""
BY_IDS = f"""
UNWIND $ids AS id
MATCH (k:LecternConcept {{course: $course, version: $version, id: id}})
WITH k ORDER BY k.order
WITH collect({_CONCEPT}) AS rows
{_READ}"""
NAMED = f"""
CALL () {{
    MATCH (k:LecternConcept {{course: $course, version: $version, id: $name}})
    RETURN k.id AS concept, 0 AS rank, 0 AS number
  UNION ALL
    MATCH (n:LecternName {{course: $course, version: $version, folded: $folded}})
    RETURN n.concept AS concept, CASE WHEN n.is_first THEN 1 ELSE 2 END AS rank, n.number AS number
  UNION ALL
    MATCH (n:LecternName {{course: $course, version: $version, key: $key}})
    RETURN n.concept AS concept, CASE WHEN n.is_first THEN 3 ELSE 4 END AS rank, n.number AS number
}}
WITH concept ORDER BY rank, number LIMIT 1
MATCH (k:LecternConcept {{course: $course, version: $version, id: concept}})
WITH collect({_CONCEPT}) AS rows
{_READ}"""
_EDGE = "{one: k.id, other: o.id, weight: r.weight, number: r.number}"
RELATED = f"""
MATCH (k:LecternConcept {{course: $course, version: $version, id: $id}})
MATCH (k)-[r:LECTERN_RELATED]->(o:LecternConcept {{course: $course, version: $version}})
WITH k, r, o ORDER BY r.weight DESC, r.number LIMIT $limit
WITH collect({_EDGE}) AS rows
{_READ}"""
SUCCESSORS = f"""
MATCH (o:LecternConcept {{course: $course, version: $version, id: $id}})
MATCH (o)<-[r:LECTERN_NEEDS]-(k:LecternConcept {{course: $course, version: $version}})
WITH k, r, o ORDER BY r.weight DESC, r.number LIMIT $limit
WITH collect({_EDGE}) AS rows
{_READ}"""
#: The concept that each of `keys` is a name of, and what it needs directly.
UNDERLAID = f"""
UNWIND $keys AS key
CALL (key) {{
    MATCH (n:LecternName {{course: $course, version: $version, key: key}})
    RETURN n.concept AS id ORDER BY n.is_first DESC, n.number LIMIT 1
}}
MATCH (k:LecternConcept {{course: $course, version: $version, id: id}})
CALL (k) {{
    MATCH (k)-[r:LECTERN_NEEDS]->(o:LecternConcept {{course: $course, version: $version}})
    WITH o, r ORDER BY r.weight DESC, r.number
    RETURN [o IN collect(o) | {{id: o.id, order: o.order, body: o.body}}] AS needs
}}
WITH collect({{key: key, concept: {_CONCEPT}, needs: needs}}) AS rows
{_READ}"""
#: Edges lead from one concept to another of its course and version: `waiting` is, and so is all that is reached.
_STEP = """
CALL (waiting) {
    UNWIND waiting AS k
    WITH k, k.id AS one
    MATCH (k)-[r:LECTERN_NEEDS]->(o)
    WITH one, r, o ORDER BY r.weight DESC, r.number
    RETURN collect(one) AS some, collect(o.id) AS their, collect(r.weight) AS heavy, collect(DISTINCT o) AS reached
}
WITH known, ones + some AS ones, others + their AS others, weights + heavy AS weights,
  [o IN reached WHERE NOT o.id IN known][..$limit - size(known)] AS waiting
WITH known + [o IN waiting | o.id] AS known, ones, others, weights, waiting
"""


@cache
def needed(steps: int) -> str:
    """Return the statement that goes back so many steps from the concepts `ids`, until `limit` are known.

    A path of variable length would follow every way there is, of which a course has millions.
    """
    return f"""
UNWIND $ids AS id
MATCH (k:LecternConcept {{course: $course, version: $version, id: id}})
WITH collect(k) AS waiting
WITH waiting, $known AS known, [] AS ones, [] AS others, [] AS weights
{_STEP * steps}
WITH [{{ones: ones, others: others, weights: weights, known: known, waiting: [k IN waiting | k.id]}}] AS rows
{_READ}"""


_ALL_EDGES = f"""
MATCH (k:LecternConcept {{course: $course, version: $version}}) WHERE k.order >= $first AND k.order < $end
MATCH (k)-[r:%s]->(o:LecternConcept {{course: $course, version: $version}})
WITH collect({_EDGE}) AS rows
{_READ}"""
ALL_NEEDS = _ALL_EDGES % "LECTERN_NEEDS"
ALL_KINSHIPS = _ALL_EDGES % "LECTERN_RELATED"
