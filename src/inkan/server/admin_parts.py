"""The management API, put together."""

from inkan.admin.account_api import AccountHandlers, account_routes
from inkan.admin.api import admin_face
from inkan.admin.api_key_api import ApiKeyHandlers, api_key_routes
from inkan.admin.audit_api import AuditHandlers, audit_routes
from inkan.admin.exemption_api import ExemptionHandlers, exemption_routes
from inkan.admin.garbage_api import GarbageHandlers, garbage_routes
from inkan.admin.group_api import GroupHandlers, group_routes
from inkan.admin.image_api import ImageHandlers, image_routes
from inkan.admin.namespace_api import NamespaceHandlers, namespace_routes
from inkan.admin.policy_api import PolicyHandlers, policy_routes
from inkan.admin.trust_api import TrustAdminHandlers, trust_routes
from inkan.admin.trusted_issuer_api import TrustedIssuerHandlers, trusted_issuer_routes
from inkan.admin.version_api import VersionHandlers, version_routes
from inkan.clock import Clock
from inkan.server.access_parts import AccessParts
from inkan.server.registry_parts import RegistryParts
from inkan.server.settings import Settings
from inkan.server.stores import Stores
from inkan.server.trust_parts import TrustParts
from inkan.store.sql.exemptions import SqlExemptions
from inkan.store.sql.groups import SqlGroups
from inkan.store.sql.images import SqlImages
from inkan.store.sql.policies import SqlPolicies
from inkan.web.routing import Face


def build_admin(
    settings: Settings,
    stores: Stores,
    clock: Clock,
    access: AccessParts,
    trust: TrustParts,
    registry: RegistryParts,
) -> Face:
    """Return the management API."""
    trust_port = settings.trust_listen.port if settings.trust_listen else None
    images = SqlImages(stores.database)
    return admin_face(
        (
            *version_routes(
                VersionHandlers(settings.scheme, trust_port, access.hosts, settings.regions)
            ),
            *namespace_routes(NamespaceHandlers(access.namespaces, access.hosts, clock)),
            *account_routes(AccountHandlers(access.people, access.accounts)),
            *api_key_routes(ApiKeyHandlers(access.api_keys, access.people)),
            *group_routes(GroupHandlers(SqlGroups(stores.database), clock)),
            *policy_routes(PolicyHandlers(SqlPolicies(stores.database), clock)),
            *trusted_issuer_routes(TrustedIssuerHandlers(access.workloads, clock)),
            *audit_routes(AuditHandlers(access.audit)),
            *image_routes(ImageHandlers(images, trust.status, clock, access.guard)),
            *registry.lifecycle.routes,
            *exemption_routes(ExemptionHandlers(SqlExemptions(stores.database), clock)),
            *garbage_routes(GarbageHandlers(registry.garbage)),
            *trust_routes(TrustAdminHandlers(trust.status, trust.history, trust.reset)),
        ),
        access.guard,
    )
