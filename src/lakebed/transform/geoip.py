"""Which fields of ECS files of places and networks give: GeoLite2 and GeoIP2 City, Country, ASN, and IPinfo Lite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.query.lookup.mmdb_table import open_mmdb

if TYPE_CHECKING:
    from lakebed.query.lookup.file import LookupFile
    from lakebed.transform.place import Place

Pairs = tuple[tuple[str, str], ...]
"""Field, and the way to its value in the record."""

CITY: Pairs = (
    ("geo.continent_code", "continent.code"),
    ("geo.continent_name", "continent.names.en"),
    ("geo.country_iso_code", "country.iso_code"),
    ("geo.country_name", "country.names.en"),
    ("geo.region_iso_code", "subdivisions.0.iso_code"),
    ("geo.region_name", "subdivisions.0.names.en"),
    ("geo.city_name", "city.names.en"),
    ("geo.postal_code", "postal.code"),
    ("geo.timezone", "location.time_zone"),
    ("geo.location.lat", "location.latitude"),
    ("geo.location.lon", "location.longitude"),
)
ASN: Pairs = (
    ("as.number", "autonomous_system_number"),
    ("as.organization.name", "autonomous_system_organization"),
)
ENTERPRISE: Pairs = (
    ("as.number", "traits.autonomous_system_number"),
    ("as.organization.name", "traits.autonomous_system_organization"),
)
IPINFO: Pairs = (
    ("geo.continent_code", "continent_code"),
    ("geo.continent_name", "continent"),
    ("geo.country_iso_code", "country_code"),
    ("geo.country_name", "country"),
    ("as.number", "asn"),
    ("as.organization.name", "as_name"),
)

IPINFO_FREE: Pairs = (
    ("geo.continent_code", "continent"),
    ("geo.continent_name", "continent_name"),
    ("geo.country_iso_code", "country"),
    ("geo.country_name", "country_name"),
    ("as.number", "asn"),
    ("as.organization.name", "as_name"),
)
"""What IPinfo gave away before Lite: other names for the same."""

LAYOUTS: tuple[tuple[str, Pairs], ...] = (
    ("ipinfo", IPINFO),
    ("asn", ASN),
    ("isp", ASN),
    ("enterprise", CITY + ENTERPRISE),
    ("city", CITY),
    ("country", CITY),
)
"""A part of the type that a file says it has, in small letters, and what it gives. The first that fits counts."""


def geoip_columns(file: LookupFile, place: Place) -> Pairs:
    """What the file gives. Raises `UsageError` for one that has records of another kind."""
    if not file.is_mmdb:
        place.fail(f"wanted an MMDB file, found '{file.name}'")
    reader = open_mmdb(file.data, file.name)
    columns = file.by(["address"]).columns
    kind = reader.metadata().database_type
    found = next((pairs for word, pairs in LAYOUTS if word in kind.lower()), None)
    if found is None:
        place.fail(f"wanted GeoLite2 or GeoIP2 City, Country or ASN, or IPinfo Lite; '{file.name}' is '{kind[:40]}'")
    return IPINFO_FREE if found is IPINFO and "country_code" not in columns else found
