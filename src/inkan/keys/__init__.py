"""Private keys at rest."""
