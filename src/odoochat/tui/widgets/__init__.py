"""The parts of the chat screen: the timeline, the composer, lists and bars."""
