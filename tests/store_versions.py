"""`python -m tests.store_versions`: what the servers that TEST_WEAVIATE_URL and TEST_NEO4J_URI name say that they are."""

import json
import os
import urllib.request


def main() -> None:
    if url := os.environ.get("TEST_WEAVIATE_URL"):
        key = {"Authorization": f"Bearer {os.environ.get('TEST_WEAVIATE_API_KEY', '')}"}
        with urllib.request.urlopen(
            urllib.request.Request(f"{url}/v1/meta", headers=key), timeout=10
        ) as reply:
            print(f"Weaviate {json.load(reply)['version']} at {url}")
    if uri := os.environ.get("TEST_NEO4J_URI"):
        from neo4j import GraphDatabase

        login = os.environ.get("TEST_NEO4J_USER", "neo4j"), os.environ.get("TEST_NEO4J_PASSWORD", "")
        with GraphDatabase.driver(uri, auth=login) as driver:
            components, _, _ = driver.execute_query("CALL dbms.components() YIELD name, versions, edition")
        for part in components:
            print(f"{part['name']} {', '.join(part['versions'])} ({part['edition']}) at {uri}")


if __name__ == "__main__":
    main()
