"""`sitemap.xml` and `robots.txt`: what a published site tells search engines of its pages."""

from pathlib import Path
from xml.etree import ElementTree

from book.project.source import Edition, Page

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
XHTML = "http://www.w3.org/1999/xhtml"


def write(site: Path, address: str, editions: list[Edition], pages: list[Page]) -> None:
    """List every page in every language, each with its alternates."""
    ElementTree.register_namespace("", SITEMAP)
    ElementTree.register_namespace("xhtml", XHTML)
    root = ElementTree.Element(f"{{{SITEMAP}}}urlset")
    for page in pages:
        places = {
            edition.tag: "/".join(part for part in (address, edition.path, f"{page.docname}.html") if part)
            for edition in editions
        }
        for place in places.values():
            entry = ElementTree.SubElement(root, f"{{{SITEMAP}}}url")
            ElementTree.SubElement(entry, f"{{{SITEMAP}}}loc").text = place
            for tag, other in places.items():
                ElementTree.SubElement(entry, f"{{{XHTML}}}link", rel="alternate", hreflang=tag, href=other)
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(site / "sitemap.xml", "utf-8", xml_declaration=True)
    (site / "robots.txt").write_text(f"User-agent: *\nAllow: /\nSitemap: {address}/sitemap.xml\n", "utf8")
