"""
What the browser is given: bundles by Flask-Assets, fonts and icons, all under hashed names.

`build(app)` runs once per release; at run time only the manifest that it leaves is read.
"""

import gzip
import hashlib
import json
import re
import shutil
from functools import lru_cache
from mimetypes import guess_type
from pathlib import Path

from flask import Flask, Response, request, url_for
from flask_assets import Bundle, Environment
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"
GEN = STATIC / "gen"
NODE_MODULES = HERE.parent / "node_modules"
FOREVER = "public, max-age=31536000, immutable"

VENDOR = {
    "chart.js": "chart.js/dist/chart.umd.min.js",
    "annotation.js": "chartjs-plugin-annotation/dist/chartjs-plugin-annotation.min.js",
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "idiomorph.js": "idiomorph/dist/idiomorph-ext.min.js",
}
FONT = "@fontsource-variable/inter"
FIRST_FONT = "inter-latin-opsz-normal.woff2"
ICONS = "@tabler/icons/icons/outline"
# Chosen by code or data at run time, so the scan of the templates can't see them.
ICONS_BY_DATA = frozenset({"arrow-up-right", "arrow-down-right", "minus"})
_WORD = re.compile(r"""["']([a-z][a-z0-9-]*)["']""")
_ICON = re.compile(r"""\b(?:icon|glyph)(?:=|["']?:)\s*["']([a-z][a-z0-9-]*)["']""")
# Words of templates that are the names of icons too, but are not meant so.
NOT_ICONS = frozenset(
    {"checkbox", "circle", "code", "color", "file", "filters", "label", "line", "link", "list"}
    | {"menu", "option", "password", "presentation", "radio", "scale", "section", "select"}
    | {"stack", "switch", "tabs", "text", "track", "user"}
)
_COMPRESSED = frozenset({".css", ".js", ".svg"})


def init_app(app: Flask) -> None:
    """Give templates `asset_url` and `icon_url`, and serve what was built."""
    app.add_template_global(asset_url)
    app.add_template_global(icon_url)
    app.add_url_rule("/static/gen/<path:name>", "built_asset", built_asset)


def asset_url(name: str) -> str:
    """Return the address of a built file by its plain name, such as `app.css`."""
    return url_for("built_asset", name=_manifest(_manifest_stamp()).get(name, name))


def icon_url(name: str) -> str:
    """Return the address of one icon inside the sprite."""
    return f"{asset_url('icons.svg')}#{name}"


def built_asset(name: str) -> Response:
    """Send one built file: compressed where the browser takes it, cached for ever."""
    path = safe_join(str(GEN), name)
    if path is None or not Path(path).is_file():
        raise NotFound
    packed = Path(name).suffix in _COMPRESSED and request.accept_encodings["gzip"] > 0
    packed = packed and Path(f"{path}.gz").is_file()
    # Read whole: they are small, and no open file is left behind when a browser goes away.
    content = Path(f"{path}.gz" if packed else path).read_bytes()
    answer = Response(content, mimetype=guess_type(name)[0] or "application/octet-stream")
    if packed:
        answer.headers["Content-Encoding"] = "gzip"
    answer.set_etag(f"{name}{'.gz' if packed else ''}")
    answer.headers["Vary"] = "Accept-Encoding"
    answer.headers["Cache-Control"] = FOREVER
    answer.make_conditional(request)
    return answer


def build(app: Flask, *, node_modules: Path = NODE_MODULES) -> dict[str, str]:
    """
    Write every built file and the manifest; return the manifest (plain name to hashed name).

    Raises:
        FileNotFoundError: a package of node_modules is missing; `npm ci` has not run.
    """
    shutil.rmtree(GEN, ignore_errors=True)
    vendor = GEN / "vendor"
    vendor.mkdir(parents=True)
    for name, source in VENDOR.items():
        shutil.copyfile(node_modules / source, vendor / name)
    names = _fonts(node_modules / FONT, vendor / "fonts.css")
    names["mark.svg"] = _hashed("mark.svg", (STATIC / "img/mark.svg").read_bytes())
    used = used_icons(app, node_modules / ICONS)
    names["icons.svg"] = _hashed("icons.svg", sprite(node_modules / ICONS, used).encode())
    environment = Environment(app)
    environment.directory, environment.url = str(STATIC), "/static"
    environment.cache, environment.manifest, environment.auto_build = False, None, True
    for name, bundle in _bundles().items():
        environment.register(name, bundle)
        bundle.build(force=True)
        names[name] = Path(bundle.resolve_output()).name
    for built in [path for path in GEN.iterdir() if path.suffix in _COMPRESSED]:
        Path(f"{built}.gz").write_bytes(gzip.compress(built.read_bytes(), 9, mtime=0))
    (GEN / "manifest.json").write_text(json.dumps(names, indent=2, sort_keys=True))
    return names


def sprite(icons: Path, used: frozenset[str]) -> str:
    """Return one SVG with a symbol for each icon in `used`."""
    symbols = []
    for name in sorted(used):
        text = (icons / f"{name}.svg").read_text()
        body = re.sub(
            r"^.*?<svg[^>]*>|</svg>\s*$|<path stroke=\"none\"[^>]*/>", "", text, flags=re.DOTALL
        )
        body = re.sub(r"\s+", " ", body).strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'


def used_icons(app: Flask, icons: Path) -> frozenset[str]:
    """
    Return the icons that templates and modules name.

    Templates and widgets hand names through macros and tables, so there every quoted word that is
    the name of an icon counts; elsewhere a module says `icon=` or `glyph=`.
    """
    known = {path.stem for path in icons.glob("*.svg")} - NOT_ICONS
    found = set(ICONS_BY_DATA)
    loader = app.jinja_env.loader
    for template in loader.list_templates() if loader else ():
        source = loader.get_source(app.jinja_env, template)[0] if loader else ""
        found |= known & set(_WORD.findall(source))
        found |= set(re.findall(r"""icon\('([a-z][a-z0-9-]*)'""", source))
    for path in HERE.glob("**/*.py"):
        found |= set(_ICON.findall(path.read_text()))
    for path in HERE.glob("widgets/**/*.py"):
        found |= known & set(_WORD.findall(path.read_text()))
    return frozenset(found)


def _bundles() -> dict[str, Bundle]:
    def files(folder: str, suffix: str) -> list[str]:
        return sorted(f"{folder}/{path.name}" for path in (STATIC / folder).glob(f"*{suffix}"))

    boot, charts = "js/boot.js", ["js/charts-draw.js", "js/charts.js"]
    app = [name for name in files("js", ".js") if name not in {boot, *charts}]
    vendor = ["gen/vendor/htmx.js", "gen/vendor/idiomorph.js"]
    drawing = ["gen/vendor/chart.js", "gen/vendor/annotation.js"]
    styles = ["gen/vendor/fonts.css", *files("css", ".css")]
    return {
        "app.css": Bundle(*styles, filters="rcssmin", output="gen/app-%(version)s.css"),
        "boot.js": Bundle(boot, filters="rjsmin", output="gen/boot-%(version)s.js"),
        "vendor.js": Bundle(*vendor, output="gen/vendor-%(version)s.js"),
        "charts.js": Bundle(
            *drawing, Bundle(*charts, filters="rjsmin"), output="gen/charts-%(version)s.js"
        ),
        "app.js": Bundle(*app, filters="rjsmin", output="gen/app-%(version)s.js"),
    }


def _fonts(package: Path, css: Path) -> dict[str, str]:
    """Copy Inter under hashed names and write the @font-face rules that point to them."""
    names: dict[str, str] = {}

    def rename(match: re.Match[str]) -> str:
        name = match[1]
        names[name] = _hashed(name, (package / "files" / name).read_bytes())
        return f"url({names[name]})"

    # The bundle lies beside the fonts, so a bare file name is the right address.
    text = re.sub(r"url\(\./files/([\w.-]+)\)", rename, (package / "opsz.css").read_text())
    css.write_text(text)
    return names


def _hashed(name: str, content: bytes) -> str:
    path = Path(name)
    hashed = f"{path.stem}-{hashlib.sha256(content).hexdigest()[:8]}{path.suffix}"
    (GEN / hashed).write_bytes(content)
    return hashed


def _manifest_stamp() -> int:
    path = GEN / "manifest.json"
    return path.stat().st_mtime_ns if path.exists() else 0


@lru_cache(maxsize=1)
def _manifest(stamp: int) -> dict[str, str]:
    """Read the manifest anew when it changed; before the first build plain names are used."""
    return json.loads((GEN / "manifest.json").read_text()) if stamp else {}
