"""The documentation site: ``python -m tools.site`` builds it into ``build/site`` and checks every page.

Three steps, each with its module: ``pages`` puts all pages into one folder with links for the site, Sphinx
makes HTML of them with every warning an error (``building``), and ``checking`` reads what came out.
"""
