"""One suite for the sandbox and for every real server: where they differ, the sandbox is wrong."""
