"""Portrait to avatar: the library and the command line `cameo`. Knows nothing of HTTP."""
