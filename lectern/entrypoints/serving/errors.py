"""What keeps `make run` from serving.

LecternError
└── ServeError             the message is the sentence that the person at the terminal reads
    ├── AlreadyRunning     another start in the same folder serves already
    ├── NotOpenAddress     HOST is reached by other machines, and nobody checks who asks
    ├── PortTaken          another program has the port, or HOST is no address of this machine
    └── BrokerRefuses      the bundled Valkey cannot be started
"""

from lectern.base.errors import LecternError


class ServeError(LecternError):
    """Serving cannot begin or go on."""

    code = "serve"


class AlreadyRunning(ServeError):
    """Another start in the same folder serves already."""

    code = "already_running"


class NotOpenAddress(ServeError):
    """The address is reached by other machines, and nobody checks who asks."""

    code = "not_open_address"


class PortTaken(ServeError):
    """The address cannot be listened on."""

    code = "port_taken"


class BrokerRefuses(ServeError):
    """The bundled Valkey cannot be started, not even with an empty folder."""

    code = "broker_refuses"
