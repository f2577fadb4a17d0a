"""The report in Markdown, for pull requests and wikis: tables and texts, with charts as separate SVG files."""
