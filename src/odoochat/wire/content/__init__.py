"""Message bodies and other text: HTML, Markdown, mentions, and sanitization for display."""
