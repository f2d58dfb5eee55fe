"""Questions asked of the wings: readings and conclusions, computed from numbers."""
