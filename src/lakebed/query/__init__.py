"""The query language: text to tree, tree to plan, and the root part that gives the answer."""
