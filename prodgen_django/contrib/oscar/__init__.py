"""Everything that knows Oscar: the catalog, the taste signals, the actions in admin and dashboard, a
thumbnailer."""
