"""What holds for every test: properties are about behaviour, so no clock has a say in them."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "layerwise", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("layerwise")
