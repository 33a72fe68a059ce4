"""Everything that needs a model or a screen: host, training, evaluation, writing, tab, command line."""
