"""Network I/O: requests, logins and transports. The logic is in `odoochat.core`."""
