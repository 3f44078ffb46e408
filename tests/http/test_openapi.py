"""The OpenAPI document says what the management API serves: every row, and nothing else."""

import re

from inkan.admin.descriptions import DESCRIPTIONS


def rows(world):
    face = next(face for face in world.product.registry.table.faces if face.name == "admin")
    return face.routes


async def test_every_row_is_a_path_of_the_document(world, admin):
    tree = (await admin("GET", "/api/v1/openapi.json", expect=200)).json
    described = {
        (method.upper(), path): one["operationId"]
        for path, methods in tree["paths"].items()
        for method, one in methods.items()
    }
    assert described == {
        (method, row.template.replace("+}", "}")): row.operation
        for row in rows(world)
        for method in row.methods
    }
    assert len(set(described.values())) == len(described)


async def test_every_description_is_of_a_row(world):
    assert set(DESCRIPTIONS) <= {row.operation for row in rows(world)}


async def test_rows_that_take_a_body_say_which(world):
    for row in rows(world):
        if (known := DESCRIPTIONS.get(row.operation)) and known.body:
            assert row.body_cap_bytes, row.operation


async def test_every_parameter_of_a_path_is_described(world, admin):
    tree = (await admin("GET", "/api/v1/openapi.json", expect=200)).json
    for path, methods in tree["paths"].items():
        for one in methods.values():
            named = {p["name"] for p in one["parameters"] if p["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path))
            assert one["summary"].endswith((".", "…"))
