"""One file a section of the page: `render(results)` gives its HTML."""
