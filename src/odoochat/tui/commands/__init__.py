"""The commands behind keys, the switcher and slash commands, grouped by subject."""
