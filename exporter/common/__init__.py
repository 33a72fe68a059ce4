"""What every room needs: errors, files that appear whole or not at all, a webui's folders."""
