"""What all other folders use: settings, types, shapes, names, errors, printing, files, locks."""
