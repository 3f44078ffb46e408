"""The trust server: Docker Content Trust's collections, published, kept fresh and served (Notary v1)."""
