"""The rendered backdrops ("sets") that ship with the studio: `rooms`, `surfaces` and `props` are shared, `tables`,
`seasons` and `interiors` are the sets, `render` writes pictures and cards. Needs bpy."""
