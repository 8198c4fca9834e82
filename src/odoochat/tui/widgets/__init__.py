"""The chat screen's widgets: the timeline, the composer, lists and bars."""
