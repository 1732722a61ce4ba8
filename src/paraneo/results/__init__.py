"""What goes out: an estimate with its interval, a frozen result, and how a search ended."""
