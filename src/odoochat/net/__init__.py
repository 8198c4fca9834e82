"""The network: requests, logins and transports. Decisions are in `odoochat.core`."""
