"""Messages, lists and bars as lines of styled text; pure."""
