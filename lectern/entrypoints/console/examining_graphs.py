"""How `doctor` looks at own graphs: each is loaded as a worker loads it."""

import asyncio
from inspect import isawaitable

from lectern.bootstrap import Lectern
from lectern.engine.errors import GraphUnusable
from lectern.engine.workload import Workload
from lectern.entrypoints.console.finding import Finding


def graphs(here: Lectern) -> Finding:
    """Name them, and those that no worker could run."""
    settings = here.settings
    if not settings.graphs:
        return Finding(ok=True, says="langgraph.json names no graph: there are none but Lectern's own.")
    names = ", ".join(graph.name for graph in settings.graphs)
    says = f"langgraph.json names {names}."
    if settings.graphs_unused:
        says += f" Not used here: its {', '.join(settings.graphs_unused)}."
    unusable = [why for graph in settings.graphs if (why := _why_not(here.engine.workloads[graph.name]))]
    if unusable:
        do = "Mend it, start the workers anew, then: manage.py retry_runs --code graph_unusable."
        return Finding(ok=False, says=f"{says} {' '.join(unusable)}", do=do)
    return Finding(ok=True, says=f"{says} All can be loaded.")


def _why_not(workload: Workload) -> str:
    try:
        made = workload.build()
        if isawaitable(made):
            asyncio.run(_awaited(made))
    except GraphUnusable as exc:
        return str(exc)
    return ""


async def _awaited(made: object) -> None:
    await made  # type: ignore[misc]  # looked at by the caller
