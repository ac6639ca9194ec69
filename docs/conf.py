"""How Sphinx makes a site of the pages and notebooks: `make docs`.

The source is the repository itself, of which only pages and notebooks are read: so every link
between them means the same here as on a code host, and nothing is copied.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import minisentinel  # noqa: E402
from tools.reference_pages import home_of, offered  # noqa: E402

project = "minisentinel"
author = "the minisentinel authors"
version = release = minisentinel.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc"]
root_doc = "docs/index"
include_patterns = [
    "docs/**",
    "notebooks/*.ipynb",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "tests/**/README.md",
    "tests/README.md",
]
# What is hidden, installed or made need not even be walked through.
exclude_patterns = [
    ".*",
    "benchmarks",
    "build",
    "dist",
    "docs/site-root",
    "minisentinel",
    "out",
    "sim",
    "tools",
    "**/.*",
    "**/__pycache__",
]

# --- pages and notebooks -----------------------------------------------------------------------

nb_execution_mode = "off"  # `make notebooks` executes them; here is shown what they hold
nb_merge_streams = True
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 6
nitpicky = True
pygments_style = "friendly"
highlight_language = "text"
smartquotes = False  # else --set becomes a dash that no command line understands

# --- the reference, from docstrings ------------------------------------------------------------

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 88
add_module_names = False
default_role = "py:obj"
# A name in a docstring is a link where it can be one. Parameters, the standard library and what
# is not public cannot.
nitpick_ignore_regex = [(r"py:.*", r".*")]

# --- looks -------------------------------------------------------------------------------------

html_theme = "furo"
html_title = "minisentinel"
html_extra_path = ["site-root"]
html_static_path = ["site-static"]
html_css_files = ["wide.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False


# Where a thing is documented, by where it is defined.
NAMES = {
    f"{thing.__module__}.{thing.__qualname__}": f"{package}.{name}"
    for package, name, thing in offered()
    if package == home_of(package, name, thing)
}


def find_public_name(app: Any, env: Any, node: Any, contnode: Any) -> Any:
    """Lead from the module in which a thing is defined to the package that offers it."""
    if node.get("refdomain") != "py":
        return None
    public = NAMES.get(node.get("reftarget", ""))
    if public is None:
        return None
    domain = env.get_domain("py")
    docname = node.get("refdoc", root_doc)
    return domain.resolve_xref(env, docname, app.builder, "obj", public, node, contnode)


def tidy_defaults(
    app: Any, what: str, name: str, thing: Any, options: Any, signature: str, result: str
) -> tuple[str, str] | None:
    """Show a default that has no text of its own as the call that makes one."""
    if not signature:
        return None
    return re.sub(r"<[\w.]*?(\w+) object(?: at 0x\w+)?>", r"\1()", signature), result


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("missing-reference", find_public_name)
    app.connect("autodoc-process-signature", tidy_defaults)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
