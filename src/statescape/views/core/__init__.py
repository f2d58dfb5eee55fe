"""What every room of pictures draws and writes with: theme, marks, two renderers, pages and their templates."""
