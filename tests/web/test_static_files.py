"""Static files: an address with a version for ever, and one stylesheet and one script out of many files."""

import gzip
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from helpdesk.web import static_files

STATIC = Path(static_files.__file__).parent.parent / "static"
MAX_CSS_BYTES = 15 * 1024  # gzipped
MAX_JS_BYTES = 40 * 1024  # gzipped, htmx among it


@pytest.fixture
def client(browser_of):
    return browser_of()


@pytest.fixture
def addresses(client) -> list[str]:
    """The addresses of the scripts and stylesheets on the sign-in page."""
    page = BeautifulSoup(client.get("/sign-in").get_data(as_text=True), "html.parser")
    linked = [element["src"] for element in page.select("script")]
    linked += [element["href"] for element in page.select("link[rel=stylesheet]")]
    linked.append(page.select_one("link[rel=apple-touch-icon]")["href"])
    return [address for address in linked if address.startswith("/static/")]


def test_what_a_page_links_may_be_kept_for_ever(client, addresses):
    assert addresses
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("segment", ["", "v-0123456789/"])
def test_another_version_or_none_is_asked_for_again_each_time(client, segment):
    response = client.get(f"/static/{segment}css/app.css")
    assert response.headers["Cache-Control"] == "no-cache"
    again = client.get(f"/static/{segment}css/app.css", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_a_file_that_is_missing_is_not_found(client, addresses):
    folder = addresses[0].rpartition("/")[0]
    assert client.get(f"{folder}/nothing.js").status_code == 404
    assert client.get("/static/../config.py").status_code == 404


def test_a_page_needs_few_files_and_they_are_small(client, addresses):
    assert len(addresses) <= 5  # one of them is for pages without scripts, one for home screens
    sizes = {address: len(gzip.compress(client.get(address).data)) for address in addresses}
    assert sum(size for address, size in sizes.items() if address.endswith(".css")) <= MAX_CSS_BYTES
    assert sum(size for address, size in sizes.items() if address.endswith(".js")) <= MAX_JS_BYTES


def test_every_stylesheet_is_in_the_joined_one():
    joined = static_files.join_css(STATIC / "css")
    assert "@import" not in joined
    for path in (STATIC / "css").glob("*.css"):
        assert path.name in {"app.css", "no_scripts.css"} or static_files.shorten_css(path.read_text()) in joined, (
            path.name
        )


def test_every_module_is_in_the_joined_script_or_loaded_by_need():
    joined = static_files.join_js(STATIC / "js")
    imported = re.compile(r'\bfrom "\./(\w+\.js)"')
    by_need = set(re.findall(r'import\("\./(\w+\.js)"\)', joined))
    by_need |= {name for file in by_need for name in imported.findall((STATIC / "js" / file).read_text())}
    for path in (STATIC / "js").glob("*.js"):
        is_joined = joined.count(f"const module_{path.stem} = ") == 1
        assert is_joined != (path.name in by_need), f"{path.name} is in neither, or would be loaded a second time"


def test_a_module_stands_behind_those_it_imports(tmp_path):
    (tmp_path / "app.js").write_text('import "./b.js";\nimport { one } from "./a.js";\n\nconsole.log(one);\n')
    (tmp_path / "a.js").write_text("export const one = 1;\n")
    (tmp_path / "b.js").write_text('import { one } from "./a.js";\n\nexport const two = one + 1;\n')
    joined = static_files.join_js(tmp_path)
    assert re.findall(r"const (module_\w+)", joined) == ["module_a", "module_b", "module_app"]
    assert "const { one } = module_a;" in joined
    assert "return { two };" in joined


@pytest.mark.parametrize(
    "source", ['import x from "./a.js";\n', "export default 1;\n", "export let one = 1;\n", 'import "./app.js";\n']
)
def test_what_the_joining_does_not_understand_is_refused(tmp_path, source):
    (tmp_path / "app.js").write_text(source)
    (tmp_path / "a.js").write_text("export const x = 1;\n")
    with pytest.raises(ValueError, match="static/js"):
        static_files.join_js(tmp_path)


def test_the_version_follows_names_and_contents(tmp_path):
    (tmp_path / "a.css").write_text("one")
    first = static_files.folder_hash(tmp_path)
    (tmp_path / "a.css").write_text("two")
    second = static_files.folder_hash(tmp_path)
    (tmp_path / "a.css").rename(tmp_path / "b.css")
    assert len({first, second, static_files.folder_hash(tmp_path)}) == 3
