"""A sign-in is looked up by the digest that sessions are bound to, of a table that is not ours."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("controlplane", "0009_carried_use"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        # `convert_to` may not stand in an index. Keys of sign-ins are letters and digits, which the cast leaves alone.
        migrations.RunSQL(
            "CREATE INDEX IF NOT EXISTS sign_in_by_digest ON django_session (sha256(session_key::bytea))",
            "DROP INDEX IF EXISTS sign_in_by_digest",
        ),
    ]
