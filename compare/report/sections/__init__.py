"""The sections of the page, one file each; `render(results)` returns the HTML of a section."""
