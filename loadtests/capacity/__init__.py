"""The capacity search: the highest load that keeps an objective, and what limits it."""
