"""The command `tangle`: one file a verb, imported when it is asked for."""
