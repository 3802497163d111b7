"""What every floor of the library uses: settings, types, shapes, names, errors, printing."""
