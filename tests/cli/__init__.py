"""The command line, by its exit codes and what it prints."""
