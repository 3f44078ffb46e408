"""The management API that the command line and the console share."""
