"""What pages and reports share: components, theme and the style of figures."""
