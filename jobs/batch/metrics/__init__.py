"""The metrics, by what they are about. Importing this package registers them all."""

from jobs.batch.metrics import breakdowns as breakdowns
from jobs.batch.metrics import buyers as buyers
from jobs.batch.metrics import carts as carts
from jobs.batch.metrics import daily as daily
from jobs.batch.metrics import forecasts as forecasts
from jobs.batch.metrics import growth as growth
from jobs.batch.metrics import loyalty as loyalty
from jobs.batch.metrics import products as products
from jobs.batch.metrics import sales as sales
