import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('prodgen_django', '0003_exposures'),
    ]

    operations = [
        migrations.CreateModel(
            name='PictureRecord',
            fields=[
                ('image', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='record', serialize=False, to='prodgen_django.generatedimage')),
                ('impressions', models.PositiveIntegerField(default=0)),
                ('clicks', models.PositiveIntegerField(default=0)),
                ('expected', models.FloatField(default=0.0)),
                ('information', models.FloatField(default=0.0)),
                ('surplus', models.FloatField(default=0.0)),
            ],
            options={
                'verbose_name': 'picture record',
                'verbose_name_plural': 'picture records',
            },
        ),
        migrations.CreateModel(
            name='PolicyVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('state', models.JSONField()),
                ('ensemble', models.TextField()),
                ('is_current', models.BooleanField(default=False, verbose_name='in use')),
                ('is_simulated', models.BooleanField(default=False, verbose_name='simulated')),
                ('impressions', models.PositiveIntegerField(default=0)),
                ('clicks', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='learnt')),
            ],
            options={
                'verbose_name': 'policy version',
                'verbose_name_plural': 'policy versions',
                'ordering': ['is_simulated', '-number'],
                'constraints': [models.UniqueConstraint(fields=('is_simulated', 'number'), name='prodgen_policy_number'), models.UniqueConstraint(condition=models.Q(('is_current', True)), fields=('is_simulated',), name='prodgen_policy_current')],
            },
        ),
        migrations.AddField(
            model_name='exposure',
            name='learnt_in',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='exposures', to='prodgen_django.policyversion'),
        ),
        migrations.AddIndex(
            model_name='exposure',
            index=models.Index(condition=models.Q(('learnt_in', None)), fields=['shown_at'], name='prodgen_exposure_unlearnt'),
        ),
    ]
