"""For a WSGI server of your own: `app`, made of SHOP_CONFIG or ./shop.toml. `shop serve` needs no
such file: it runs gunicorn with the right settings."""

from shop import config, logs
from shop.app import create_app

settings = config.load(config.find())
logs.setup(settings.log_level)
app = create_app(settings)
