from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('prodgen_django', '0004_policy_versions'),
    ]

    operations = [
        migrations.CreateModel(
            name='PersonalisationReport',
            fields=[
            ],
            options={
                'verbose_name': 'personalisation report',
                'verbose_name_plural': 'personalisation report',
                'proxy': True,
                'default_permissions': ('view',),
                'indexes': [],
                'constraints': [],
            },
            bases=('prodgen_django.exposure',),
        ),
        migrations.AddField(
            model_name='exposure',
            name='propensities',
            field=models.JSONField(blank=True, default=list),
        ),
    ]
