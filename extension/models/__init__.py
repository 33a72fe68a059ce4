"""What lends us a model. So far: our own loader; the webui joins it behind the same functions."""
