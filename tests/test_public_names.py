import shop


def test_every_public_name_can_be_imported():
    assert sorted(shop._MODULE) == sorted(shop.__all__)
    for name in shop.__all__:
        assert getattr(shop, name) is not None
