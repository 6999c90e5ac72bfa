"""Calls of the `gensr` command line: held-out events scored by a pack, words and postings indexed."""

from gensr_models.engine.calls import (
    MAX_QUERY_BYTES,
    VARIANTS,
    EngineMissingError,
    Ranked,
    call,
    dump_features,
    engine_binary,
    ranked,
    users_of,
    write_events,
    write_tables,
)

__all__ = [
    "MAX_QUERY_BYTES",
    "VARIANTS",
    "EngineMissingError",
    "Ranked",
    "call",
    "dump_features",
    "engine_binary",
    "ranked",
    "users_of",
    "write_events",
    "write_tables",
]
