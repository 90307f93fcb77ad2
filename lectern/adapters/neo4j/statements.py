"""The statements of Cypher. Values are parameters, and every one names its course and version.

(:LecternCourse {course, owner, version, written, lock, material, concepts, needs, kinships})
    course     the course's key; one node each
    owner      the installation that has the course
    version    the one that is read, 0 without any
    written    all versions of which there may be nodes; those besides `version` are being written, or left over
    lock       set by who writes, so that writers of one course take turns
(:LecternConcept {course, version, id, order, body})     body: what is told of it, as JSON
(:LecternName {course, version, number, concept, folded, key, is_first})
(:LecternConcept)-[:LECTERN_NEEDS | LECTERN_RELATED {number, weight}]->(:LecternConcept)
    number     the place in which it was given; decides between equals
"""

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
RETURN c.version AS version, c.written AS written
"""
SET_WRITTEN = "MATCH (c:LecternCourse {course: $course}) SET c.written = $written"
SWITCH = """
MATCH (c:LecternCourse {course: $course})
SET c.version = $version, c.material = $material, c.concepts = $concepts, c.needs = $needs, c.kinships = $kinships
"""
DELETE_COURSE = "MATCH (c:LecternCourse {course: $course}) WHERE c.version = 0 AND c.written = [] DELETE c"

# --- writing ---------------------------------------------------------------------------------------------------------

ADD_CONCEPTS = """
UNWIND $rows AS row
MERGE (k:LecternConcept {course: $course, version: $version, id: row.id})
SET k.order = row.order, k.body = row.body
"""
ADD_NAMES = """
UNWIND $rows AS row
MERGE (n:LecternName {course: $course, version: $version, number: row.number})
SET n.concept = row.concept, n.folded = row.folded, n.key = row.key, n.is_first = row.is_first
"""
_ADD_EDGES = """
UNWIND $rows AS row
MATCH (k:LecternConcept {course: $course, version: $version, id: row.one})
MATCH (o:LecternConcept {course: $course, version: $version, id: row.other})
MERGE (k)-[r:%s {number: row.number}]->(o)
SET r.weight = row.weight
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

VERSION = "MATCH (c:LecternCourse {course: $course}) RETURN c.version AS version"
_CONCEPT = "k.id AS id, k.order AS order, k.body AS body"
PAGE = f"""
MATCH (k:LecternConcept {{course: $course, version: $version}}) WHERE k.order >= 0
RETURN {_CONCEPT} ORDER BY k.order SKIP $offset LIMIT $limit
"""
TOTAL = """
MATCH (k:LecternConcept {course: $course, version: $version}) WHERE k.order >= 0
RETURN count(k) AS total
"""
BEGINNING = """
MATCH (n:LecternName {course: $course, version: $version}) WHERE n.folded STARTS WITH $prefix
RETURN collect(DISTINCT n.concept) AS ids
"""
BY_IDS = f"""
UNWIND $ids AS id
MATCH (k:LecternConcept {{course: $course, version: $version, id: id}})
RETURN {_CONCEPT} ORDER BY k.order SKIP $offset LIMIT $limit
"""
NAMED = f"""
CALL {{
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
RETURN {_CONCEPT}
"""
_EDGE = "k.id AS one, o.id AS other, r.weight AS weight"
RELATED = f"""
MATCH (k:LecternConcept {{course: $course, version: $version, id: $id}})
MATCH (k)-[r:LECTERN_RELATED]->(o:LecternConcept {{course: $course, version: $version}})
RETURN {_EDGE} ORDER BY r.weight DESC, r.number LIMIT $limit
"""
SUCCESSORS = f"""
MATCH (o:LecternConcept {{course: $course, version: $version, id: $id}})
MATCH (o)<-[r:LECTERN_NEEDS]-(k:LecternConcept {{course: $course, version: $version}})
RETURN {_EDGE} ORDER BY r.weight DESC, r.number LIMIT $limit
"""
#: One step back from some concepts, in one record: for a thousand of them the driver takes longer than the server.
NEEDED = """
UNWIND $ids AS id
MATCH (k:LecternConcept {course: $course, version: $version, id: id})
MATCH (k)-[r:LECTERN_NEEDS]->(o:LecternConcept {course: $course, version: $version})
WITH k.id AS one, o.id AS other, r.weight AS weight, r.number AS number ORDER BY weight DESC, number
RETURN collect(one) AS ones, collect(other) AS others, collect(weight) AS weights
"""
_ALL_EDGES = f"""
MATCH (k:LecternConcept {{course: $course, version: $version}}) WHERE k.order >= $first AND k.order < $end
MATCH (k)-[r:%s]->(o:LecternConcept {{course: $course, version: $version}})
RETURN {_EDGE}, r.number AS number
"""
ALL_NEEDS = _ALL_EDGES % "LECTERN_NEEDS"
ALL_KINSHIPS = _ALL_EDGES % "LECTERN_RELATED"
