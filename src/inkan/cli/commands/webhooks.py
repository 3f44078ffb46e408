"""`inkan webhook-add`, `webhook-list`, `webhook-rm` and `webhook-test`."""

import click

from inkan.cli.output import output_option, show, table, tell
from inkan.errors import ServerUnreachableError

_NAMESPACE = click.option("--namespace", metavar="NAMESPACE", help="Only of this namespace, for who manages no other.")  # fmt: skip


@click.command(
    epilog="\b\nExamples:\n  inkan webhook-add https://ci.example.com/hook --events push,delete --namespace team\n  inkan webhook-add https://audit.example.com/inkan --events push,tag,pull,delete,restore,quota,sign,revoke,trust\n"
)
@click.argument("url", metavar="URL")
@click.option("--events", required=True, metavar="EVENT,...", help="Of push, tag, pull, delete, restore, quota, sign, revoke, trust.")  # fmt: skip
@click.option("--namespace", metavar="NAMESPACE", help="Of this namespace; else of all.")
@output_option
def webhook_add(url: str, events: str, namespace: str | None) -> None:
    """Have a web server told what happens to images, in signed messages. The secret that signs them is shown this once."""
    from inkan.client.lifecycle import Lifecycle

    words = [word.strip() for word in events.split(",") if word.strip()]
    made = Lifecycle.of_target().add_webhook(url, words, namespace or "")
    show(made, [f"ID       {made['id']}", f"Secret   {made['secret']}"])
    tell("Keep the secret: it is not shown again. Try it with: inkan webhook-test " + made["id"])


@click.command(epilog="\b\nExamples:\n  inkan webhook-list\n  inkan webhooks -o json\n")
@_NAMESPACE
@output_option
def webhook_list(namespace: str | None) -> None:
    """List who is told what, and what came of the last message to each."""
    from inkan.client.lifecycle import Lifecycle

    found = Lifecycle.of_target().webhooks(namespace or "")
    rows = [
        [
            one["id"],
            one["url"],
            one["namespace"] or "all",
            ",".join(one["events"]),
            one["outcome"] or "-",
        ]
        for one in found
    ]
    show({"webhooks": found}, table(["ID", "URL", "Namespace", "Events", "Last outcome"], rows))


@click.command(
    epilog="\b\nExamples:\n  inkan webhook-rm 0123456789abcdef\n  inkan webhook rm 0123456789abcdef\n"
)
@click.argument("webhook", metavar="ID")
@_NAMESPACE
def webhook_rm(webhook: str, namespace: str | None) -> None:
    """Tell a webhook nothing any more, not what it was still to be told either."""
    from inkan.client.lifecycle import Lifecycle

    Lifecycle.of_target().remove_webhook(webhook, namespace or "")
    tell(f"Webhook {webhook} is gone.")


@click.command(
    epilog="\b\nExamples:\n  inkan webhook-test 0123456789abcdef\n  inkan webhook-test 0123456789abcdef -o json\n"
)
@click.argument("webhook", metavar="ID")
@_NAMESPACE
@output_option
def webhook_test(webhook: str, namespace: str | None) -> None:
    """Send a ping to a webhook now, and say what came of it."""
    from inkan.client.lifecycle import Lifecycle

    done = Lifecycle.of_target().test_webhook(webhook, namespace or "")
    if not done["delivered"]:
        raise ServerUnreachableError(f"the webhook did not take it: {done['outcome']}")
    show(done, [f"Delivered: {done['outcome']}"])
