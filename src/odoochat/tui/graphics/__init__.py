"""Images in the terminal: decoding, drawing and terminal graphics protocols."""
