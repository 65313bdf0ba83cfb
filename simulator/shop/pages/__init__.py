"""The stand-in shop's web pages, on NiceGUI. They know the Protocol `Desk`, its rows and how a
plan is reckoned, nothing behind it.

`site.Site(desk)` is the way in. Every text is in `texts.en.toml`, every colour and size in `look.css`.
"""
