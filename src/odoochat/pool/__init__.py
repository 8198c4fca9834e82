"""Run many users in one process, with shared connections and a single event stream."""
