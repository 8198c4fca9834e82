"""The network: requests, logins and transports. It decides nothing."""
