"""Fingerprint: whether an attempt's graph is the one that the checkpoints before it were made by."""

import hashlib
import json
import re
from typing import Any

#: Where a function is in this process's memory says nothing about the graph.
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def fingerprint(graph: Any) -> str:
    """Hash of a compiled graph's shape, subgraphs included: another shape cannot read old checkpoints.

    Nodes, edges, joins, branches with their ends, and the channels of the state with their kinds and types. What nodes
    do is no part of it: a corrected node goes on from what the wrong one left.
    """
    shapes = {"": _shape(graph.builder)}
    for name, subgraph in graph.get_subgraphs(recurse=True):
        shapes[name] = _shape(subgraph.builder) if hasattr(subgraph, "builder") else sorted(subgraph.nodes)
    return hashlib.sha256(json.dumps(shapes, sort_keys=True).encode()).hexdigest()


def _shape(builder: Any) -> list[Any]:
    branches = [
        [node, name, sorted(map(str, (branch.ends or {}).items()))]
        for node, named in builder.branches.items()
        for name, branch in named.items()
    ]
    channels = [[name, _kind(channel)] for name, channel in builder.channels.items()]
    joins = [[sorted(starts), end] for starts, end in builder.waiting_edges]
    return [
        sorted(builder.nodes),
        sorted(map(list, builder.edges)),
        sorted(joins),
        sorted(branches),
        sorted(channels),
    ]


def _kind(channel: Any) -> str:
    return _ADDRESS.sub("", f"{type(channel).__name__} {getattr(channel, 'typ', '')}")
