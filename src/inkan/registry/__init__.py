"""The OCI Distribution registry."""
