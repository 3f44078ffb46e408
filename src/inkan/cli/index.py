"""The index of commands: what each is called, where it is, and what the list of commands says of it.

It is a text, so that a new command is one line, and that listing them imports none.
"""

from dataclasses import dataclass

_INDEX = """
api                      about.api                            Show where the registry's API is.
api-key-create           api_keys.api_key_create              Make a key to log in with.
api-key-list             api_keys.api_key_list                List the keys to log in with.
api-key-rm               api_keys.api_key_rm                  Revoke a key.
audit-log                audit_log.audit_log                  Show who did what.
backup                   backup.backup                        Copy everything that a server keeps, while it runs.
completion               completion.completion                Print what makes a shell complete inkan's words.
config                   config.show                          Show the server's settings and where they come from.
copy                     copy.copy                            Copy a signed image to another registry or place, and sign it there.
doctor                   doctor.doctor                        Find what silently runs unverified here.
env                      plugin.env                           Print the variables that turn content trust on.
exemption-add            exemptions.exemption_add             Let scanners leave out an issue.
exemption-list           exemptions.exemption_list            List what scanners leave out.
exemption-rm             exemptions.exemption_rm              Let an issue count again.
exemption-types          exemptions.exemption_types           List what an exemption can be about.
fsck                     fsck.fsck                            Compare everything that a server keeps with what it should be.
garbage-list             garbage.garbage_list                 List the blobs that no image needs.
garbage-run              garbage.garbage_run                  Collect garbage now.
group-add                groups.group_add                     Add a group of accounts.
group-list               groups.group_list                    List the groups and who is in them.
group-member-add         groups.group_member_add              Put accounts into a group.
group-member-rm          groups.group_member_rm               Take accounts out of a group.
group-rm                 groups.group_rm                      Remove a group.
image-digests            images.image_digests                 List images by digest, also those without a tag.
image-inspect            image_acts.image_inspect             Show how an image is configured.
image-list               images.image_list                    List the images you can pull, and who signed them.
image-prune-untagged     image_acts.image_prune_untagged      Forget images that nothing keeps.
image-restore            trash.image_restore                  Have a deleted image back.
image-rm                 image_acts.image_rm                  Delete images with all their tags.
image-tag                image_acts.image_tag                 Give an image another name in the registry.
image-untag              image_acts.image_untag               Take tags back.
immutable-tags-list      immutable_tags.immutable_tags_list   List the tags that may not move.
immutable-tags-set       immutable_tags.immutable_tags_set    Let tags never move or go.
info                     about.info                           Show which program, registry and account are used.
keys                     trust_keys.keys                      Back up the keys that sign, and put them back.
login                    login.login                          Log in to a registry, here and in docker.
logout                   login.logout                         Forget a log-in, here and in docker.
manifest-inspect         image_acts.manifest_inspect          Print a manifest.
migrate                  migrate.migrate                      Move a server's data to PostgreSQL and to a bucket.
namespace-add            namespaces.namespace_add             Make a namespace.
namespace-list           namespaces.namespace_list            List the namespaces.
namespace-rm             namespaces.namespace_rm              Remove a namespace.
namespace-visibility     namespaces.namespace_visibility      Let anybody pull from a namespace, or no longer.
plugin                   plugin.plugin                        Make inkan a command of docker's.
policy-add               policies.policy_add                  Give somebody a role.
policy-list              policies.policy_list                 List who has which role where.
policy-rm                policies.policy_rm                   Take a role away.
pull                     pull.pull                            Pull a signed image.
push                     push.push                            Push an image and sign it.
quota                    quotas.quota                         Show how much may be kept and pulled, and how much is.
quota-set                quotas.quota_set                     Say how much may be kept and pulled.
region                   regions.region                       Show the region and its registry.
region-add               regions.region_add                   Give a registry a short name here.
region-list              regions.region_list                  List the regions.
region-rm                regions.region_rm                    Forget a region here.
region-set               regions.region_set                   Talk to the registry of a region.
resign                   resign.resign                        Sign under a new name what is signed under an old one.
restore                  backup.restore                       Put a server's backup into a new data folder.
retention-policy-list    retention.retention_policy_list      List how many images stay.
retention-policy-set     retention.retention_policy_set       Let only the newest images stay.
retention-run            retention.retention_run              Let older images go, this once.
serve                    serve.serve                          Start the server.
service-id-add           service_ids.service_id_add           Add an account for a machine.
service-id-list          service_ids.service_id_list          List the accounts of machines.
service-id-rm            service_ids.service_id_rm            Remove an account of a machine.
storage-check            storage_check.storage_check          See whether a database and a bucket can be relied on.
trash-list               trash.trash_list                     List deleted images that can be had back.
trust                    trust.trust                          Sign, verify, name signers, keep keys.
trusted-issuer-add       trusted_issuers.trusted_issuer_add   Take a build system's word for its builds.
trusted-issuer-list      trusted_issuers.trusted_issuer_list  List whose word is taken for builds.
trusted-issuer-rm        trusted_issuers.trusted_issuer_rm    Take a build system's word no longer.
user-add                 users.user_add                       Add a person.
user-disable             users.user_disable                   Keep an account out.
user-enable              users.user_enable                    Let an account in again.
user-list                users.user_list                      List the people.
user-passwd              users.user_passwd                    Change a password.
user-rm                  users.user_rm                        Remove a person.
webhook-add              webhooks.webhook_add                 Have a web server told what happens to images.
webhook-list             webhooks.webhook_list                List who is told what.
webhook-rm               webhooks.webhook_rm                  Tell a webhook nothing any more.
webhook-test             webhooks.webhook_test                Send a ping to a webhook.
"""
_ALIASES = """
api-keys                 api-key-list
groups                   group-list
policies                 policy-list
service-ids              service-id-list
trusted-issuers          trusted-issuer-list
users                    user-list
digests                  image-digests
exemptions               exemption-list
images                   image-list
namespaces               namespace-list
regions                  region-list
webhooks                 webhook-list
"""
_ELSEWHERE = """
build                    build with docker build or podman build, then: inkan push
iam-policies-enable      roles hold always here; see: inkan policy-list
iam-policies-status      roles hold always here; see: inkan policy-list
namespace-assign         there are no resource groups here; see: inkan policy-add
plan                     there are no plans and no prices here; limits are quotas: inkan quota
plan-upgrade             there are no plans and no prices here; limits are quotas: inkan quota-set
platform-metrics         metrics are at /metrics of the server, always
ppa-archive-load         push what is in the archive: inkan push, or helm push
private-only             what the server listens on says who reaches it: inkan serve --listen
token-add                tokens that last are API keys: inkan api-key-create
token-get                tokens that last are API keys, and are shown once: inkan api-key-create
token-list               tokens that last are API keys: inkan api-key-list
token-rm                 tokens that last are API keys: inkan api-key-rm
tokens                   tokens that last are API keys: inkan api-key-list
va                       images are not scanned here; scanners ask for: inkan exemption-list
va-version               images are not scanned here; scanners ask for: inkan exemption-list
va-version-set           images are not scanned here; scanners ask for: inkan exemption-list
vulnerability-assessment images are not scanned here; scanners ask for: inkan exemption-list
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A command: its module in `cli/commands`, the function there, and one sentence about it."""

    module: str
    function: str
    sentence: str


def _entries() -> dict[str, Entry]:
    entries = {}
    for line in _INDEX.strip().splitlines():
        name, place, sentence = line.split(maxsplit=2)
        module, _, function = place.partition(".")
        entries[name] = Entry(module, function, sentence)
    return entries


COMMANDS = _entries()
ALIASES = dict(line.split() for line in _ALIASES.strip().splitlines())
"""Other names, by alias."""
ELSEWHERE = dict(line.split(maxsplit=1) for line in _ELSEWHERE.strip().splitlines())
"""Commands of `ibmcloud cr` that there are none of here, and what to do instead."""
