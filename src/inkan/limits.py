"""Every cap on what a stranger may send, each with its reason.

Sizes are bytes unless the name says otherwise. A cap is checked before the thing it caps is parsed, hashed or kept.
"""

KIB = 1024
MIB = 1024 * KIB

# --- HTTP ---------------------------------------------------------------------------------------
# uvicorn hands bodies over in pieces of at most this; file reads use the same, measured best between 256 KiB and 1 MiB.
PIECE_BYTES = 512 * KIB
# Bodies that nobody has a reason to send: key requests, cancels, token forms (a form holds scopes, a name, a password).
SMALL_BODY_BYTES = 64 * KIB
# The management API's JSON documents.
API_BODY_BYTES = 256 * KIB
# Request line and headers together, and how long a client may take to send them: a token is 8 KiB at most, and a head is one packet.
REQUEST_HEAD_BYTES = 64 * KIB
REQUEST_HEAD_SECONDS = 8
# A handshake is two packets of a client's; what takes longer is half open.
TLS_HANDSHAKE_SECONDS = 5
# A connection in the middle of a request or an answer on which less than this has moved in the time that `stall_timeout` gives stands still. A modem is faster.
STALL_BYTES = KIB
# What the system holds of one answer beyond what is on its way: enough for the next write to be in time. Up to 4 MiB by itself, which for a thousand pulls is more than it has for all.
UNSENT_BYTES = 256 * KIB
# Open files beside connections: the database, blobs being read, the log.
FILES_BESIDE_CONNECTIONS = 256
# A request target longer than this is no reference: names are at most 255, ten `tag=` parameters 128 each.
REQUEST_TARGET_BYTES = 8 * KIB
# What is read of a request that is answered already, and for how long, so that a client which looks for the answer only behind its body finds it: most layers, and any publish that is a mistake.
REFUSED_BODY_BYTES = 256 * MIB
REFUSED_BODY_SECONDS = 30
# Scopes one token request may name: docker asks for two, a mount for three.
TOKEN_SCOPES = 32

# --- names --------------------------------------------------------------------------------------
# Clients cap host + "/" + name at 255 characters (distribution/reference).
REPOSITORY_NAME_CHARACTERS = 255
NAMESPACE_CHARACTERS_MIN = 4
NAMESPACE_CHARACTERS_MAX = 30
NAMESPACES_PER_REGISTRY = 100
# Delegation role names (Notary v1 refuses 256 and more).
ROLE_NAME_CHARACTERS = 255

# --- registry -----------------------------------------------------------------------------------
# What uploads leave of a disk: the database then goes on, so that images can be deleted, garbage collected and log-ins noted on a disk that is full of blobs. Its log grows to 4 MiB.
DISK_RESERVE_BYTES = 64 * MIB
# Of a disk on which that would be much, this part.
DISK_RESERVE_PART = 4
# An upload looks after so many bytes again.
DISK_LOOK_BYTES = MIB
# The conformance suite pushes 3.9 MB; containerd and distribution stop at 4 MiB.
MANIFEST_BYTES = 4 * MIB
# Descriptors in one manifest: more than the layers of any image, enough for a large index.
MANIFEST_DESCRIPTORS = 10_000
# A blob larger than this is refused; 1 TiB is past any layer and far below what overflows a length.
BLOB_BYTES = 1024 * 1024 * MIB
TAGS_PER_PAGE = 1_000
# Repositories that a mount without a source looks into: each is asked whether the caller may read it.
MOUNT_SOURCES = 32
# Tags that one push by digest may set; the specification asks for at least ten.
TAGS_PER_PUSH = 50
# Patterns of immutable tags in one namespace: each is asked at every push.
IMMUTABLE_PATTERNS = 50
EXEMPTIONS = 10_000
# Webhooks of one registry: each is asked at every push. Their addresses are as long as those of browsers.
WEBHOOKS = 50
WEBHOOK_URL_CHARACTERS = 2_048
# Events that one webhook may leave waiting; some 4 MB.
WEBHOOK_EVENTS_WAITING = 10_000
# What is read of a webhook's answer.
WEBHOOK_ANSWER_BYTES = 16 * KIB
# Referrers in one answer, and their annotations: together below the 4 MiB that clients take. A single one may have annotations as long as a manifest.
REFERRERS_PER_PAGE = 500
REFERRERS_BYTES_PER_PAGE = 3 * MIB

# --- JSON ---------------------------------------------------------------------------------------
# Nesting of any document we read: manifests need 6, TUF metadata 6, a `custom` member a few more.
JSON_DEPTH = 32
# Integers past 2^53 lose precision in Go's and JavaScript's readers, and so break signatures.
JSON_INTEGER_MAX = 2**53

# --- trust --------------------------------------------------------------------------------------
# Notary's own clients accept 100 MiB; its tests go to 7.3 MB; 10,000 tags are 1 MB. One file:
METADATA_FILE_BYTES = 20 * MIB
# Root and timestamp never grow with the number of tags.
ROOT_FILE_BYTES = 512 * KIB
TIMESTAMP_FILE_BYTES = 64 * KIB
# Parsed roots that are remembered; docker's have 3 KiB.
ROOT_REMEMBERED_BYTES = 16 * KIB
ROOTS_REMEMBERED = 512
# One publish: targets, releases and a signer's role of the largest size, and some slack.
PUBLISH_BODY_BYTES = 64 * MIB
PUBLISH_PARTS = 64
# Bodies of publishes that are in memory at once, each about twice; and how long one waits for its turn. Up to this size they are what people publish, and wait for nobody.
PUBLISH_BYTES_AT_ONCE = 64 * MIB
PUBLISH_TURN_SECONDS = 20
# How long the body of a publish may take to come, for it has its room all the while: the largest at 220 KiB/s.
PUBLISH_BODY_SECONDS = 300
PUBLISH_SMALL_BYTES = 256 * KIB
MULTIPART_HEADER_BYTES = 8 * KIB
# python-tuf and go-tuf had CVEs for verifying any number of signatures (CVE-2020-6173).
SIGNATURES_PER_FILE = 50
KEYS_PER_ROLE = 64
DELEGATIONS_PER_FILE = 1_024
DELEGATION_DEPTH = 8
TARGETS_PER_FILE = 200_000
# A version that leaps locks later publishers out (NCC 2015, Cure53 TUF-01-002).
VERSION_JUMP = 1_000
# The same at a client, between two looks of its own: a publish a minute for two months. A stolen timestamp key that signs 2^31 would hide every honest version for good.
VERSION_LEAP = 100_000
# Metadata that claims to live longer is a mistake or a trick; roots live ten years.
METADATA_LIFETIME_DAYS = 20 * 366
RSA_BITS_MIN = 2048
RSA_BITS_MAX = 8192
CERTIFICATE_BUNDLE_BYTES = 64 * KIB
CERTIFICATES_PER_BUNDLE = 8

# --- keys of people ------------------------------------------------------------------------------
KEY_FILE_BYTES = 64 * KIB
# Keys in one exported file; each takes its rounds to open.
KEYS_PER_FILE = 64
# Rounds of PBKDF2-HMAC-SHA1, the only derivation that notary 0.7.0 reads; it writes 2,048, and honours what a file says.
# Trying a passphrase on ours costs 300 times as much.
KEY_ROUNDS = 620_000
# A file that asks for more than this is made to keep us busy.
KEY_ROUNDS_MOST = 20_000_000
PASSPHRASE_CHARACTERS_MIN = 8

# --- access -------------------------------------------------------------------------------------
ACCOUNT_NAME_CHARACTERS = 255
PASSWORD_BYTES = 1_024
TOKEN_CHARACTERS = 8 * KIB
TOKENS_CACHED = 10_000
# Accounts with their roles, kept until anything changes.
PRINCIPALS_CACHED = 1_000

# --- answers kept for repeated requests ----------------------------------------------------------
# A head with a token of several scopes has 2 KiB; what is larger is asked too rarely to keep.
ANSWER_HEAD_BYTES = 8 * KIB
# One answer: a targets file of 10,000 tags. All of them, for each listener:
ANSWER_KEPT_BYTES = 2 * MIB
ANSWERS_KEPT_BYTES = 64 * MIB
# A blob up to this size is answered in one piece; larger ones are streams.
BLOB_ANSWER_BYTES = 64 * KIB
