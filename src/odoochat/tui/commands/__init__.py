"""What keys, the switcher and slash commands run, by subject."""
