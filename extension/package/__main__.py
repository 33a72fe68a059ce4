"""`python -m cefr_sentences`: the command `cefr-sentences`."""

import sys
from importlib import import_module

# By its full name: in the repository this file lies in another place than where it is installed.
sys.exit(import_module("cefr_sentences.extension.cli").main())
