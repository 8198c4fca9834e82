"""Sans-I/O logic: the caller provides sockets and clocks."""
