"""Message bodies and other text: HTML, Markdown, mentions, and sanitizing text for display."""
