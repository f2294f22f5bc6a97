from django.db import migrations


def forget_versions(apps, schema_editor):
    """Versions of another model say nothing here: what they learnt from is learnt from again, out of the log."""
    apps.get_model("prodgen_django", "PolicyVersion").objects.all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ("prodgen_django", "0014_poses"),
    ]

    operations = [
        migrations.RenameField("policyversion", "state", "sums"),
        migrations.RenameField("policyversion", "ensemble", "policy"),
        migrations.DeleteModel("PictureRecord"),
        migrations.RemoveField("tasteprofile", "segment"),
        migrations.RemoveField("tastesegment", "is_editorial"),
        migrations.RemoveField("tastesegment", "size"),
        migrations.RemoveField("tastesegment", "styles"),
        migrations.RemoveField("tastesegment", "updated_at"),
        migrations.AlterModelOptions(
            name="tastesegment",
            options={"ordering": ["name"], "verbose_name": "taste segment", "verbose_name_plural": "taste segments"},
        ),
        # Last: PostgreSQL alters no table whose rows were changed in the same transaction.
        migrations.RunPython(forget_versions, migrations.RunPython.noop),
    ]
