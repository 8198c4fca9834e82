"""Pictures in the terminal: decoding, drawing, and the terminal's own graphics."""
