"""Named regions: short words for registries, known from servers that publish them and from what a person adds."""

import re
from collections.abc import Mapping

from inkan.client import configuration, targets
from inkan.client.targets import Target
from inkan.errors import ReferenceInvalidError, RegionUnknownError, SettingInvalidError

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_MOST = 1_000
LOCAL = "local"
"""What a registry is called that no region names."""


def known() -> dict[str, Target]:
    """Return the regions, by name.

    Raises:
        SettingInvalidError: if the configuration file cannot be used.
    """
    tree = configuration.read().get("regions", {})
    try:
        return {name: Target.parse(address) for name, address in sorted(tree.items())}
    except (AttributeError, TypeError, ReferenceInvalidError) as error:
        raise SettingInvalidError(
            "the regions of the configuration file cannot be used; list them anew with: inkan region-add NAME HOST"
        ) from error


def name_of(target: Target) -> str:
    """Return the region of a registry: its first name, or `local`."""
    return next((name for name, one in known().items() if one.host == target.host), LOCAL)


def find(name: str) -> Target:
    """Return the registry of a region.

    Raises:
        RegionUnknownError: if there is no such region; it lists those there are.
    """
    regions = known()
    if name not in regions:
        raise RegionUnknownError(name, regions)
    return regions[name]


def choose(name: str) -> Target:
    """Make a region's registry the one that commands talk to; return it.

    Raises:
        RegionUnknownError: if there is no such region.
    """
    target = find(name)
    targets.remember(target)
    return target


def add(regions: Mapping[str, str]) -> None:
    """Keep regions, by name; those of the same names are replaced.

    Raises:
        SettingInvalidError: if one is no word for a region, or there are too many.
        ReferenceInvalidError: if one names no registry.
    """
    for name in regions:
        if not _NAME.match(name):
            raise SettingInvalidError(
                f"{name[:64]!r} is not the name of a region: use up to 63 of a-z 0-9 and -"
            )
    merged = {**known(), **{name: Target.parse(address) for name, address in regions.items()}}
    if len(merged) > _MOST:
        raise SettingInvalidError(f"there are more than {_MOST} regions")
    configuration.write(regions={name: one.url for name, one in merged.items()})


def remove(name: str) -> None:
    """Forget a region.

    Raises:
        RegionUnknownError: if there is no such region.
    """
    find(name)
    configuration.write(regions={other: one.url for other, one in known().items() if other != name})
