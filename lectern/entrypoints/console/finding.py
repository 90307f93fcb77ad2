"""What was found about one part."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Finding:
    """How one part stands."""

    ok: bool
    says: str
    #: What to do; "" when it is well.
    do: str = ""
