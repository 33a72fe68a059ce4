"""The CEFR tab, one file a pane. It holds no logic: it shows what the engines do."""
