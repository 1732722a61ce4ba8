"""How a study is run: replicates one by one or together, kept on the way, and recognised."""
