"""simple-repository.py URL: what the library simple-repository reads in the JSON and the HTML page, as two JSON lines."""

import json
import sys
import urllib.request

from simple_repository import parser


def page(kind):
    request = urllib.request.Request(sys.argv[1], headers={"Accept": kind})
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Content-Type"].startswith(kind), answer.headers["Content-Type"]
        return answer.read().decode()


def shown(detail):
    return {
        "version": detail.meta.api_version,
        "files": [
            {
                "name": each.filename,
                "hashes": each.hashes,
                "requires": each.requires_python,
                "yanked": each.yanked,
                "metadata": bool(each.dist_info_metadata),
            }
            for each in detail.files
        ],
    }


from_json = parser.parse_json_project_page(page("application/vnd.pypi.simple.v1+json"))
from_html = parser.parse_html_project_page(page("application/vnd.pypi.simple.v1+html"), from_json.name)
print(json.dumps({**shown(from_json), "versions": sorted(from_json.versions)}))
print(json.dumps(shown(from_html)))
assert all(each.size and each.upload_time for each in from_json.files)
