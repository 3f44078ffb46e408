"""The index of commands: what each is called, where it is, and what the list of commands says of it.

It is a text, so that a new command is one line, and that listing them imports none.
"""

from dataclasses import dataclass

_INDEX = """
api                      about.api                            Show where the registry's API is.
backup                   backup.backup                        Copy everything that a server keeps, while it runs.
completion               completion.completion                Print what makes a shell complete inkan's words.
config                   config.show                          Show the server's settings and where they come from.
copy                     copy.copy                            Copy a signed image to another registry or place, and sign it there.
doctor                   doctor.doctor                        Find what silently runs unverified here.
env                      plugin.env                           Print the variables that turn content trust on.
fsck                     fsck.fsck                            Compare everything that a server keeps with what it should be.
garbage-list             garbage.garbage_list                 List the blobs that no image needs.
garbage-run              garbage.garbage_run                  Collect garbage now.
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
manifest-inspect         image_acts.manifest_inspect          Print a manifest.
migrate                  migrate.migrate                      Move a server's data to PostgreSQL and to a bucket.
namespace-add            namespaces.namespace_add             Make a namespace.
namespace-list           namespaces.namespace_list            List the namespaces.
namespace-rm             namespaces.namespace_rm              Remove a namespace.
plugin                   plugin.plugin                        Make inkan a command of docker's.
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
storage-check            storage_check.storage_check          See whether a database and a bucket can be relied on.
trash-list               trash.trash_list                     List deleted images that can be had back.
trust                    trust.trust                          Sign, verify, name signers, keep keys.
webhook-add              webhooks.webhook_add                 Have a web server told what happens to images.
webhook-list             webhooks.webhook_list                List who is told what.
webhook-rm               webhooks.webhook_rm                  Tell a webhook nothing any more.
webhook-test             webhooks.webhook_test                Send a ping to a webhook.
"""
_ALIASES = """
digests                  image-digests
images                   image-list
namespaces               namespace-list
regions                  region-list
webhooks                 webhook-list
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
NOUNS = frozenset(name.partition("-")[0] for name in COMMANDS if "-" in name)
"""First words of the spaced form: `inkan namespace add`."""
