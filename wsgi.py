"""For a WSGI server of your own: `app`, made of SHOP_CONFIG or ./shop.toml. `shop serve` needs no
such file: it runs gunicorn with the right settings."""

from shop import config
from shop.app import create_app

app = create_app(config.load(config.find()))
