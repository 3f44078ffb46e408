"""Who may do what: accounts, tokens, and the one decision."""
