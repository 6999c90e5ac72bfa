"""Settings of a build, and the bars that show how far it is."""
