"""`python -m cefr_sentences.extension`: the command `cefr-sentences`."""

import sys

from .cli import main

sys.exit(main())
