"""The composition root: settings, then stores, then services, then faces, then listeners."""
