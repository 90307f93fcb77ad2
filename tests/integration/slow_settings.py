"""Lectern's own settings plus the slow graphs."""

from dataclasses import replace
from pathlib import Path

from config import graphs
from config.settings import *  # noqa: F403  # Django's way to extend settings
from config.settings import LECTERN as _LECTERN

LECTERN = replace(_LECTERN, graphs=graphs.read(Path(__file__).with_name("langgraph.json")).graphs)
