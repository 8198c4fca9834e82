"""Network I/O: requests, logins and transports. The protocol logic is in `odoochat.core`."""
